// Where the order stands, in a sentence, with the one thing to do about it. Rendered by OrderPage.tsx.
import { useState, type ReactNode } from 'react'
import type { OrderDocument } from '../../api/types'
import { formatMoney } from '../../components/money'
import { declineInWords, orderNumber } from '../../components/orderWords'
import type { OrderLink } from './api'
import { Confirmation } from './Confirmation'
import { lastAttempt, type Phase } from './phase'
import styles from './OrderHead.module.css'

interface OrderHeadProps {
  link: OrderLink
  order: OrderDocument
  phase: Exclude<Phase, 'checking'>
  bankTrouble: string | null
  onBank: () => void
  pay: ReactNode
  putBack: ReactNode
}

export function OrderHead({ link, order, phase, bankTrouble, onBank, pay, putBack }: OrderHeadProps) {
  const { title, text } = sayings(order, phase)
  return (
    <div className={styles.head}>
      <title>{`${title} · Cartwright`}</title>
      <div role="status">
        <p className={styles.number}>Order {orderNumber(order.id)}</p>
        <h1 className={styles.title}>{title}</h1>
        <p className={styles.text}>{text}</p>
      </div>
      {phase === 'bank' && (
        <>
          <div role="alert">{bankTrouble !== null && <p className={styles.trouble}>{bankTrouble}</p>}</div>
          <button type="button" className="button button-money" onClick={onBank}>
            Confirm with your bank
          </button>
          <OtherCard>{pay}</OtherCard>
        </>
      )}
      {(phase === 'declined' || phase === 'unpaid') && <div className={styles.pay}>{pay}</div>}
      {phase === 'confirmed' && <Confirmation link={link} order={order} />}
      {phase === 'cancelled' && putBack}
    </div>
  )
}

function OtherCard({ children }: { children: ReactNode }) {
  const [isOpen, setOpen] = useState(false)
  if (isOpen) return <div className={styles.pay}>{children}</div>
  return (
    <button type="button" className="text-button" onClick={() => setOpen(true)}>
      Pay with another card instead
    </button>
  )
}

function sayings(order: OrderDocument, phase: Exclude<Phase, 'checking'>): { title: string; text: string } {
  const total = formatMoney(order.totals.total)
  switch (phase) {
    case 'bank':
      return {
        title: 'Your bank asks for a confirmation',
        text: `Confirm the ${total} on your bank’s page; it brings you back here. You are not charged before.`,
      }
    case 'declined':
      return {
        title: 'Your card was declined',
        text: `${declineInWords(lastAttempt(order)?.reason ?? null)} You have not been charged. Your items are reserved; try another card.`,
      }
    case 'unpaid':
      return {
        title: 'Your order waits for its payment',
        text: 'Your items are reserved for you. You have not been charged yet.',
      }
    case 'confirmed':
      return {
        title: 'Thank you, your order is confirmed',
        text: 'We are getting it ready. Track your order here at any time.',
      }
    case 'partially-shipped':
      return { title: 'A part of your order is on its way', text: 'The rest follows in another parcel.' }
    case 'shipped':
      return { title: 'Your order is on its way', text: 'Everything you ordered is with the carrier.' }
    case 'delivered':
      return { title: 'Your order has arrived', text: 'We hope that it serves you long and well.' }
    case 'cancelled':
      return { title: whyCancelled(order), text: whatIsPaidBack(order) }
  }
}

function whyCancelled({ cancel_reason }: OrderDocument): string {
  switch (cancel_reason) {
    case 'expired':
      return 'This order was not paid in time'
    case 'customer':
      return 'You cancelled this order'
    case 'staff':
    case null:
      return 'The shop cancelled this order'
  }
}

function whatIsPaidBack({ payment }: OrderDocument): string {
  const { captured, refunded } = payment
  if (captured === null || captured.minor === 0) return 'Nothing was charged.'
  if (refunded.minor >= captured.minor) return `${formatMoney(refunded)} went back to your card.`
  if (payment.state === 'refund-failed') {
    return 'Your money could not be paid back to your card. We know, and take care of it.'
  }
  return `${formatMoney(captured)} go back to your card. That can take a few days.`
}
