// "Change your order": from an order that waits to be paid back into the checkout, with items, address, delivery and code as they
// were. Handed to the order page by app/OrderRoute.tsx, which knows the cart.
import { useQuery } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { useNavigate } from 'react-router'
import { inWords } from '../../api/problem'
import type { OrderDocument } from '../../api/types'
import { cancelUnpaid, contactOf, isQuotedQuery, keepForCheckout } from './changing'
import styles from './Step.module.css'

export interface ChangeOrderProps {
  order: OrderDocument
  /** Of the order's link; null where the session is enough. */
  orderKey: string | null
  /** Waits for the cart that the order was; false where it is not this shopper's, or another one is being filled. */
  takeBack: (cart: string, order: string) => Promise<boolean>
  addAll: (lines: Pick<OrderDocument['lines'][number], 'sku' | 'name' | 'quantity' | 'unit_price'>[]) => void
  /** The order is not as it is shown any more. */
  onMoved: () => void
}

const NOT_REACHED =
  'The shop did not answer. Your order is as it was, or on its way back into your cart. Press again: it is done once at most.'

export function ChangeOrder({ order, orderKey, takeBack, addAll, onMoved }: ChangeOrderProps) {
  const navigate = useNavigate()
  const { data: isQuoted = true } = useQuery(isQuotedQuery(order))
  const [isBusy, setBusy] = useState(false)
  const [trouble, setTrouble] = useState<string | null>(null)
  const isRunning = useRef(false)
  const key = useRef(crypto.randomUUID())
  if (isQuoted) return null

  /** Answers why the order is still there; null where it is not. */
  const change = async (): Promise<string | null> => {
    const link = { id: order.id, key: orderKey }
    const contact = await contactOf(link)
    const undone = await cancelUnpaid(link, order.version, key.current)
    if (undone.at === 'refused') return inWords(undone.problem)
    if (undone.at === 'paid') {
      onMoved()
      return 'Your payment arrived in the meantime, or is being checked: your order stays as it is.'
    }
    const isBack = await takeBack(order.cart, order.id)
    // Who ended it put its items back; from here they would be there twice.
    if (!isBack && undone.at === 'over') {
      onMoved()
      return null
    }
    if (!isBack) addAll(order.lines)
    keepForCheckout(order, contact, isBack ? order.cart : null)
    void navigate('/checkout/payment')
    return null
  }
  const press = () => {
    if (isRunning.current) return
    isRunning.current = true
    setBusy(true)
    setTrouble(null)
    change()
      .then(setTrouble, () => setTrouble(NOT_REACHED))
      .finally(() => {
        isRunning.current = false
        setBusy(false)
      })
  }

  return (
    <section className={styles.changeOrder} aria-label="Change your order">
      <p>
        Other items, another address, delivery or code? Nothing was charged, and everything you filled in is
        kept.
      </p>
      <div role="alert">{trouble !== null && <p className={styles.trouble}>{trouble}</p>}</div>
      <button type="button" className="button" aria-disabled={isBusy} onClick={press}>
        {isBusy ? 'One moment' : 'Change your order'}
      </button>
    </section>
  )
}
