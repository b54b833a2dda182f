import type { OrderDocument } from './types'

/** Of two documents of one order the one to show: nothing that is held is replaced by something older. */
export function newerOrder(held: OrderDocument | null | undefined, arrived: OrderDocument): OrderDocument {
  if (held === null || held === undefined || held.id !== arrived.id) return arrived
  return arrived.version >= held.version && arrived.payment_version >= held.payment_version ? arrived : held
}
