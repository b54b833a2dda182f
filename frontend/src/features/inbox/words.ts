// What a notice says, in one sentence, and where it leads.
import type { Notice } from '../../api/types'

type Told = Pick<Notice, 'transition' | 'title' | 'sku' | 'request'>

export function noticeInWords({ transition, title, sku }: Told, productName?: string): string {
  const product = productName ?? sku
  const name = title !== null ? `“${title}”` : product !== null ? `“${product}”` : 'your request'
  switch (transition) {
    case 'triaged':
      return `We are looking into ${name}.`
    case 'planned':
      return `Planned: we are working on getting ${name}.`
    case 'declined':
      return `We cannot offer ${name}. See the request for the reason.`
    case 'fulfilled':
      return `Available now: ${name}.`
    case 'duplicate':
      return `${capitalised(name)} was merged into a request for the same. Your support counts there.`
    case 'commented':
      return `New comment on ${name}.`
    case 'quoted':
      return `We made you an offer for ${name}.`
    case 'quote_expired':
      return `The quote for ${name} has expired.`
    case 'back_in_stock':
      return `Back in stock: ${name}. We don’t reserve any for you, so don’t wait too long.`
    case 'hidden':
      return `We hid ${name}. Only you and the shop can see it.`
    case 'restored':
      return `Everyone can see ${name} again.`
    default:
      return `There is news about ${name}.`
  }
}

/** Where the news is: with the product, where that is what was waited for. */
export function placeOf({ transition, sku, request }: Told): string {
  const isAboutProduct = (transition === 'back_in_stock' || transition === 'fulfilled') && sku !== null
  return isAboutProduct ? `/products/${sku}` : `/requests/${request}`
}

export function unreadInWords(unread: number): string {
  if (unread === 0) return 'nothing new'
  return unread === 1 ? '1 unread' : `${unread} unread`
}

function capitalised(text: string): string {
  return text.charAt(0).toLocaleUpperCase() + text.slice(1)
}
