// How an amount is written: `14.50 €`, or `14,50 €` for those who write it so. The sign is behind it for everybody. Called wherever a price is shown or spoken.
import type { Money } from '../api/types'
import { formatNumber } from './locale'

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
  const amount = formatNumber(minor / 10 ** digits, { least: digits, most: digits })
  return `${amount}\u00a0${signs[currency] ?? currency}`
}

/** For filters and ranges, where `20 €` reads better than `20.00 €`. */
export function formatRound(minor: number, currency: string): string {
  const digits = decimals(currency)
  return `${formatNumber(minor / 10 ** digits, { most: digits })}\u00a0${signs[currency] ?? currency}`
}

export function times(price: Money, quantity: number): Money {
  return { minor: price.minor * quantity, currency: price.currency }
}
