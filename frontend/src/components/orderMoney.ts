// What is left of the money of an order. Pure. Called by the order page and the staff's.
import type { Money, OrderDocument } from '../api/types'

/** What was captured, less what was paid back or is about to be; null where nothing was captured. */
export function leftToRefund({ payment: { captured, refunds } }: OrderDocument): Money | null {
  if (captured === null) return null
  const gone = refunds
    .filter(({ state }) => state !== 'failed')
    .reduce((sum, { amount }) => sum + amount.minor, 0)
  return { ...captured, minor: captured.minor - gone }
}
