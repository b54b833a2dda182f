// What changed since the shopper last agreed to it: nobody pays a total that they did not see. Pure. Called by
// Checkout.tsx with each quote.
import type { Money, Quote } from '../../api/types'

export type Difference =
  | { kind: 'price'; sku: string; name: string; before: Money; now: Money }
  | { kind: 'short'; sku: string; name: string; wanted: number; available: number }
  | { kind: 'gone'; sku: string; name: string }
  | { kind: 'code'; code: string; detail: string }
  | { kind: 'total'; before: Money; now: Money }

/** What the shopper said yes to. */
export interface Agreed {
  /** By SKU, in minor units; what is not here was agreed to when it was put into the cart. */
  prices: Record<string, number>
  /** The last total that was shown without a difference, and of which choices. */
  total: { of: string; minor: number } | null
}

export const nothingAgreed: Agreed = { prices: {}, total: null }

export function differences(quote: Quote, agreed: Agreed, country: string): Difference[] {
  const found: Difference[] = []
  for (const { sku, name, quantity, unit_price, previous_price, trouble } of quote.lines) {
    const before = agreed.prices[sku] ?? previous_price?.minor ?? unit_price.minor
    if (trouble?.what === 'delisted') found.push({ kind: 'gone', sku, name })
    else if (trouble?.what === 'out-of-stock') {
      const available = Math.max(0, trouble.available)
      found.push({ kind: 'short', sku, name, wanted: quantity, available })
    }
    if (trouble?.what !== 'delisted' && before !== unit_price.minor) {
      const was = { minor: before, currency: unit_price.currency }
      found.push({ kind: 'price', sku, name, before: was, now: unit_price })
    }
  }
  const refused = quote.code?.refused ?? null
  if (quote.code !== null && refused !== null) {
    found.push({ kind: 'code', code: quote.code.code, detail: refused.detail })
  }
  const { total } = quote.totals
  if (
    found.length === 0 &&
    agreed.total?.of === choicesOf(quote, country) &&
    agreed.total.minor !== total.minor
  ) {
    found.push({ kind: 'total', before: { ...total, minor: agreed.total.minor }, now: total })
  }
  return found
}

/** Yes to everything that this quote says. */
export function agreedTo(quote: Quote, country: string): Agreed {
  return {
    prices: Object.fromEntries(quote.lines.map(({ sku, unit_price }) => [sku, unit_price.minor])),
    total: { of: choicesOf(quote, country), minor: quote.totals.total.minor },
  }
}

/** Whether the cart itself has to change before it can be ordered. */
export function needsChange(difference: Difference): boolean {
  switch (difference.kind) {
    case 'short':
    case 'gone':
    case 'code':
      return true
    case 'price':
    case 'total':
      return false
  }
}

/** What the shopper chose; the same choices come to the same total, unless the shop changed something. */
function choicesOf({ lines, code, shipping_option }: Quote, country: string): string {
  return JSON.stringify([
    lines.map(({ sku, quantity, unit_price }) => [sku, quantity, unit_price.minor]),
    code?.code ?? null,
    shipping_option,
    country,
  ])
}
