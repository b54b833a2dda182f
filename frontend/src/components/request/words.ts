// What requests, their kinds and their states are called. Called by the pages of requests, by the inbox and by staff's board.
import type { ListedRequest, RequestKind, RequestState } from '../../api/types'
import { formatNumber } from '../locale'

export function kindInWords(kind: RequestKind): string {
  switch (kind) {
    case 'missing_product':
      return 'Product suggestion'
    case 'back_in_stock':
      return 'Back-in-stock alert'
    case 'quote':
      return 'Bulk quote'
  }
}

export function requestStateInWords(state: RequestState): string {
  switch (state) {
    case 'submitted':
      return 'New'
    case 'triaged':
      return 'Under review'
    case 'planned':
      return 'Planned'
    case 'quoted':
      return 'Quote offered'
    case 'renegotiating':
      return 'New quote requested'
    case 'quote_declined':
      return 'Quote declined'
    case 'quote_expired':
      return 'Quote expired'
    case 'accepted':
      return 'Ordered'
    case 'fulfilled':
      return 'Available now'
    case 'declined':
      return 'Declined'
    case 'duplicate':
      return 'Duplicate'
    case 'cancelled':
      return 'Withdrawn'
  }
}

/** An event of the timeline; null for what a newer shop tells and this page does not know yet. */
export function requestEventInWords(what: string): string | null {
  const words: Record<string, string> = {
    RequestSubmitted: 'Requested',
    RequestTriaged: 'Under review',
    RequestPlanned: 'Planned',
    RequestDeclined: 'Declined',
    RequestFulfilled: 'Available now',
    RequestCancelled: 'Withdrawn',
    ProductLinked: 'Product linked',
    RequestMarkedDuplicate: 'Merged into another request',
    DuplicateMerged: 'Another request was merged into this one',
    RequestHidden: 'Hidden',
    RequestRestored: 'Shown again',
    StockAnnounced: 'Back in stock: everyone waiting was told',
    QuoteOffered: 'Quote offered',
    QuoteAccepted: 'Quote accepted',
    QuoteDeclined: 'Quote declined',
    RenegotiationRequested: 'New quote requested',
    QuoteExpired: 'Quote expired',
  }
  return words[what] ?? null
}

type Named = Pick<ListedRequest, 'kind' | 'title' | 'sku' | 'quantity'>

/** By its own words, or by the product that it is about, as far as that is known by name. */
export function requestName({ kind, title, sku, quantity }: Named, productName?: string): string {
  if (title !== null) return title
  const product = productName ?? sku
  if (product === null) return 'Request with deleted text'
  switch (kind) {
    case 'missing_product':
      return product
    case 'back_in_stock':
      return `${product}, back in stock`
    case 'quote':
      return `${formatNumber(quantity ?? 1)} × ${product}`
  }
}

/** Whether anything can still come of it. */
export function isOpen(state: RequestState): boolean {
  switch (state) {
    case 'submitted':
    case 'triaged':
    case 'planned':
    case 'quoted':
    case 'renegotiating':
    case 'quote_declined':
    case 'quote_expired':
      return true
    case 'accepted':
    case 'fulfilled':
    case 'declined':
    case 'duplicate':
    case 'cancelled':
      return false
  }
}

export function peopleInWords(count: number): string {
  return count === 1 ? '1 person' : `${formatNumber(count)} people`
}
