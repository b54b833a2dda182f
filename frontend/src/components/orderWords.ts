// What an order's states are called. Called by the order pages of shoppers and of staff.
import type { OrderDocument, OrderState, PaymentState, ReturnReason } from '../api/types'
import { formatNumber } from './locale'

export function orderNumber(id: string): string {
  const end = id.replaceAll('-', '').slice(-8).toUpperCase()
  return `${end.slice(0, 4)}-${end.slice(4)}`
}

export function stateInWords(state: OrderState): string {
  switch (state) {
    case 'awaiting-payment':
      return 'Waiting for payment'
    case 'confirmed':
      return 'Confirmed'
    case 'partially-shipped':
      return 'Partly on its way'
    case 'shipped':
      return 'On its way'
    case 'delivered':
      return 'Delivered'
    case 'cancelled':
      return 'Cancelled'
  }
}

export function paymentInWords(state: PaymentState): string {
  switch (state) {
    case 'none':
      return 'Nothing to pay'
    case 'awaiting':
      return 'Not paid'
    case 'checking':
      return 'Being checked'
    case 'action-required':
      return 'Bank asks for a confirmation'
    case 'paid':
      return 'Paid'
    case 'partially-refunded':
      return 'Partly refunded'
    case 'refunded':
      return 'Refunded'
    case 'refund-failed':
      return 'Refund failed'
    case 'voided':
      return 'Not charged'
  }
}

export const returnReasons: { value: ReturnReason; label: string }[] = [
  { value: 'damaged', label: 'It arrived damaged' },
  { value: 'wrong_item', label: 'It is not what I ordered' },
  { value: 'not_as_described', label: 'It is not as it was described' },
  { value: 'not_wanted', label: 'I changed my mind' },
]

export function returnReasonInWords(reason: ReturnReason): string {
  return returnReasons.find(({ value }) => value === reason)?.label ?? reason
}

/** An event of the timeline; null for what only the shop's own parts need to know. */
export function eventInWords(what: string): string | null {
  const words: Record<string, string> = {
    OrderPlaced: 'Ordered',
    ActionRequired: 'The bank asked for a confirmation',
    AttemptDeclined: 'A card was declined',
    PaymentCaptured: 'Paid',
    OrderConfirmed: 'Confirmed',
    OrderCancelled: 'Cancelled',
    OrderShipped: 'Sent',
    OrderDelivered: 'Delivered',
    ReturnRequested: 'Return requested',
    ReturnAccepted: 'Return accepted',
    ReturnDeclined: 'Return declined',
    RefundRequested: 'Refund on its way',
    PaymentRefunded: 'Refunded',
    RefundFailed: 'Refund failed',
    PaymentVoided: 'Amount on hold released',
  }
  return words[what] ?? null
}

/** Why a card was declined, as far as the bank says so. */
export function declineInWords(reason: string | null): string {
  switch (reason) {
    case 'insufficient_funds':
      return 'There is not enough money on the card for this order.'
    case 'expired_card':
      return 'The card has expired.'
    case 'incorrect_cvc':
      return 'The security code is not correct.'
    case 'processing_error':
      return 'The bank has a technical problem; the same card may work in a moment.'
    case 'authentication_failed':
      return 'The confirmation with the bank failed.'
    case 'authentication_required':
      return 'The bank requires a confirmation, which was not possible.'
    default:
      return 'The bank declined the card without giving a reason.'
  }
}

export function itemsInWords(count: number): string {
  return count === 1 ? '1 item' : `${formatNumber(count)} items`
}

export function itemsOf({ lines }: Pick<OrderDocument, 'lines'>): number {
  return lines.reduce((sum, { quantity }) => sum + quantity, 0)
}
