// What staff call things, and how amounts and numbers are typed. Called by the pages of this folder.
import type { Contact, DiscountCode, Money, StaffOrderFilter } from '../../api/types'
import { countryName } from '../../components/countries'
import { formatMoney } from '../../components/money'
import { eventInWords } from '../../components/orderWords'

export const filters: { value: StaffOrderFilter | null; label: string }[] = [
  { value: null, label: 'All' },
  { value: 'awaiting-payment', label: 'Waiting for payment' },
  { value: 'confirmed', label: 'To send' },
  { value: 'partially-shipped', label: 'Partly sent' },
  { value: 'shipped', label: 'On the way' },
  { value: 'delivered', label: 'Delivered' },
  { value: 'cancelled', label: 'Cancelled' },
  { value: 'return-requested', label: 'Returns' },
]

/** As the command API takes it. */
export type AdjustmentReason = 'damaged' | 'lost' | 'found' | 'counted'

export const adjustmentReasons: { value: AdjustmentReason; label: string }[] = [
  { value: 'counted', label: 'Counted' },
  { value: 'damaged', label: 'Damaged' },
  { value: 'lost', label: 'Lost' },
  { value: 'found', label: 'Found' },
]

/** What an order was to be brought by. Orders keep the code of it alone: `next-day` is read as its name. */
export function shippingInWords(option: string): string {
  const words = option.replaceAll(/[-_]+/g, ' ').trim()
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`
}

export function discountInWords({ discount }: Pick<DiscountCode, 'discount'>): string {
  return 'percent' in discount ? `${discount.percent} %` : formatMoney(discount.amount)
}

/** `12.50` in a currency of two decimals is 1250; null where it is no amount of this currency. */
export function amountOf(typed: string, currency: string): Money | null {
  const digits = new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions()
    .maximumFractionDigits
  const match = /^(\d{1,9})(?:[.,](\d+))?$/.exec(typed.trim())
  const decimals = match?.[2] ?? ''
  if (match === null || decimals.length > (digits ?? 2)) return null
  const minor = Number(`${match[1] ?? ''}${decimals.padEnd(digits ?? 2, '0')}`)
  return minor > 0 ? { minor, currency } : null
}

/** A whole number of at least one; null for anything else. */
export function countOf(typed: string): number | null {
  return /^\d{1,9}$/.test(typed.trim()) && Number(typed) > 0 ? Number(typed) : null
}

/** Also what shoppers are not told of. A kind of event that this page does not know yet keeps its own name. */
export function everyEventInWords(what: string): string {
  const words: Record<string, string> = {
    PaymentRequested: 'Payment asked for',
    AttemptStarted: 'Began to pay',
    PaymentAuthorized: 'Held on the card',
    CaptureRequested: 'Gateway asked to charge',
    VoidRequested: 'Gateway asked to release',
    OrderTakenOver: 'Became the order of an account',
  }
  return eventInWords(what) ?? words[what] ?? what
}

/** Where a parcel goes, as it stands on it. */
export function addressLines(contact: Contact, country: string): string[] {
  const { name, line1, line2, postal_code, city, region } = contact
  const lines = [name, line1, line2 ?? '', `${postal_code} ${city}`, region ?? '', countryName(country)]
  return lines.filter((line) => line.trim() !== '')
}
