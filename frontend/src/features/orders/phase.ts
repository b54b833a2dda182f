// What an order's page says first: where the order stands, from the shopper's side. Pure. Called by OrderPage.tsx.
import type { OrderDocument } from '../../api/types'
import { leftToRefund } from '../../components/orderMoney'

/** After so many a return cannot be asked for any more. */
const MOST_DECLINED = 2

export type Phase =
  /** The payment is on its way between the shop and the bank. */
  | 'checking'
  /** The bank wants to hear from the shopper. */
  | 'bank'
  | 'declined'
  | 'unpaid'
  | 'confirmed'
  | 'partially-shipped'
  | 'shipped'
  | 'delivered'
  | 'cancelled'

export function phaseOf(order: OrderDocument, isBackFromBank: boolean): Phase {
  if (order.state !== 'awaiting-payment') return order.state
  switch (order.payment.state) {
    // Paid, and not confirmed yet: that follows at once.
    case 'checking':
    case 'paid':
      return 'checking'
    case 'action-required':
      return isBackFromBank ? 'checking' : 'bank'
    case 'none':
    case 'awaiting':
    case 'voided':
    case 'partially-refunded':
    case 'refunded':
    case 'refund-failed':
      return lastAttempt(order)?.state === 'declined' ? 'declined' : 'unpaid'
  }
}

export function lastAttempt(order: OrderDocument) {
  return order.payment.attempts.at(-1)
}

/** While nothing of it has been sent and no payment is under way. */
export function canBeCancelled(order: OrderDocument): boolean {
  return (
    (order.state === 'awaiting-payment' && order.payment.state !== 'checking') || order.state === 'confirmed'
  )
}

export function canBeReturned(order: OrderDocument): boolean {
  const wasSent =
    order.state === 'partially-shipped' || order.state === 'shipped' || order.state === 'delivered'
  const declined = order.timeline.filter(({ what }) => what === 'ReturnDeclined').length
  return (
    wasSent &&
    order.return?.state !== 'requested' &&
    declined < MOST_DECLINED &&
    (leftToRefund(order)?.minor ?? 0) > 0
  )
}

/** Nothing will change by itself any more, or not soon. */
export function isSettled(order: OrderDocument): boolean {
  return order.state === 'delivered' || order.state === 'cancelled'
}
