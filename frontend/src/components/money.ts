// How an amount is written: `14.50 €`. Called wherever a price is shown or spoken.
import type { Money } from '../api/types'

/** In which this storefront sells: its lists, its carts, its codes. Prices of several currencies cannot be compared. */
export const SHOP_CURRENCY = 'EUR'

const decimalsOf = new Map<string, number>()

function decimals(currency: string): number {
  const known = decimalsOf.get(currency)
  if (known !== undefined) return known
  const format = new Intl.NumberFormat('en', { style: 'currency', currency })
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2
  decimalsOf.set(currency, digits)
  return digits
}

const signs: Record<string, string> = { EUR: '€', GBP: '£', USD: '$', JPY: '¥', CHF: 'CHF' }

export function formatMoney({ minor, currency }: Money): string {
  const digits = decimals(currency)
  const amount = new Intl.NumberFormat('en', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(minor / 10 ** digits)
  return `${amount}\u00a0${signs[currency] ?? currency}`
}

/** For filters and ranges, where `20 €` reads better than `20.00 €`. */
export function formatRound(minor: number, currency: string): string {
  const digits = decimals(currency)
  const amount = new Intl.NumberFormat('en', { maximumFractionDigits: digits }).format(minor / 10 ** digits)
  return `${amount}\u00a0${signs[currency] ?? currency}`
}

export function times(price: Money, quantity: number): Money {
  return { minor: price.minor * quantity, currency: price.currency }
}
