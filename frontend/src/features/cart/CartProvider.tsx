// Holds the one cart of the page and what is said about it. Rendered once, by app/App.tsx.
import {
  useCallback,
  useEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
  type ReactNode,
} from 'react'
import { CartContext, type CartContextValue, type Message } from './CartContext'
import { shown, type Wish } from './cartState'
import { createCartSync } from './cartSync'
import { count, didNotFit, inWords, SIGNED_OUT_ELSEWHERE, wasNotDone } from './words'

export function CartProvider({ children }: { children: ReactNode }) {
  const [sync] = useState(createCartSync)
  const state = useSyncExternalStore(sync.subscribe, sync.state)
  const cart = useMemo(() => shown(state), [state])
  const [removed, setRemoved] = useState<Wish[] | null>(null)
  const [messages, setMessages] = useState<Message[]>([])
  const [announcement, setAnnouncement] = useState('')
  const nextMessage = useRef(1)

  useEffect(() => {
    const say = (text: string, isAboutSession = false) => {
      const id = nextMessage.current++
      setMessages((before) => [...before.slice(-2), { id, text, isAboutSession }])
      setRemoved(null)
    }
    return sync.start({
      refused: (refusal) => say(wasNotDone(refusal, sync.state())),
      leftOut: (items) => say(didNotFit(items)),
      signedOutElsewhere: () => say(SIGNED_OUT_ELSEWHERE, true),
    })
  }, [sync])

  const itemCount = useCallback(() => count(shown(sync.state()).itemCount), [sync])

  const value = useMemo<CartContextValue>(() => {
    const takeOut = (lines: Wish[], act: () => void) => {
      act()
      setRemoved(lines)
      setAnnouncement(`${inWords(lines)} removed. ${itemCount()} in your cart.`)
    }
    return {
      cart,
      offers: state.offers,
      online: state.online,
      removed,
      messages,
      announcement,
      add(wish) {
        sync.wish({ kind: 'add', lines: [wish] })
        setAnnouncement(`${wish.name} added. ${itemCount()} in your cart.`)
      },
      addAll(wishes) {
        sync.wish({ kind: 'add', lines: wishes })
        setAnnouncement(`${inWords(wishes)} added. ${itemCount()} in your cart.`)
      },
      setQuantity(sku, quantity) {
        sync.wish({ kind: 'set', sku, quantity })
        setAnnouncement(`Quantity changed to ${quantity}. ${itemCount()} in your cart.`)
      },
      remove(sku) {
        const lines = cart.lines.filter((line) => line.sku === sku)
        takeOut(lines, () => sync.wish({ kind: 'remove', sku }))
      },
      clear() {
        takeOut(cart.lines, () => sync.wish({ kind: 'clear' }))
      },
      undo() {
        if (removed === null) return
        sync.undo(removed.map(({ sku, name, quantity, unit_price }) => ({ sku, name, quantity, unit_price })))
        setRemoved(null)
        setAnnouncement(`${inWords(removed)} put back. ${itemCount()} in your cart.`)
      },
      forgetRemoved: () => setRemoved(null),
      checkedOut(cartId, order) {
        sync.checkedOut(cartId, order)
        setRemoved(null)
      },
      takeBack: (cartId, order) => sync.takeBack(cartId, order),
      dismiss: (id) => setMessages((before) => before.filter((message) => message.id !== id)),
    }
  }, [cart, state.offers, state.online, removed, messages, announcement, sync, itemCount])

  return <CartContext value={value}>{children}</CartContext>
}
