// The live stream of the shopper's cart. Called by cartSync.ts; what arrives goes into the cart's state.
import type { CartDocument, Offer } from '../../api/types'

const REOPEN_AFTER_MS = 2_000
const CLOSE_AFTER_HIDDEN_MS = 30_000

export interface LiveHandlers {
  onCart: (cart: CartDocument) => void
  onOffers: (offers: Offer[]) => void
}

/**
 * Follows the stream while the page can be seen. A hidden tab lets go after a while, since browsers allow few
 * connections to one origin; on coming back the stream begins with the current cart. Answers how to stop.
 */
export function follow({ onCart, onOffers }: LiveHandlers): () => void {
  let source: EventSource | null = null
  let timer: ReturnType<typeof setTimeout> | undefined

  const open = () => {
    clearTimeout(timer)
    if (source !== null || document.visibilityState === 'hidden') return
    source = new EventSource('/api/queries/live')
    source.addEventListener('cart', (event: MessageEvent<string>) =>
      onCart(JSON.parse(event.data) as CartDocument),
    )
    source.addEventListener('offers', (event: MessageEvent<string>) =>
      onOffers((JSON.parse(event.data) as { products: Offer[] }).products),
    )
    source.addEventListener('error', () => {
      // The browser reconnects by itself after a broken connection, and gives up after an answer that is no stream.
      if (source?.readyState !== EventSource.CLOSED) return
      source = null
      timer = setTimeout(open, REOPEN_AFTER_MS)
    })
  }
  const close = () => {
    clearTimeout(timer)
    source?.close()
    source = null
  }
  const reopen = () => {
    close()
    open()
  }
  const seenOrHidden = () => {
    clearTimeout(timer)
    if (document.visibilityState === 'hidden') timer = setTimeout(close, CLOSE_AFTER_HIDDEN_MS)
    else open()
  }

  open()
  document.addEventListener('visibilitychange', seenOrHidden)
  window.addEventListener('online', reopen)
  return () => {
    document.removeEventListener('visibilitychange', seenOrHidden)
    window.removeEventListener('online', reopen)
    close()
  }
}
