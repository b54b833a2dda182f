// An order in four lines: what it is called, when it was placed, how it stands, what it costs. Called by the list of orders and by
// LastOrder.tsx, which bring the grid around it.
import { Link } from 'react-router'
import type { OrderSummary } from '../../api/types'
import { itemsInWords, orderNumber, paymentInWords, stateInWords } from '../../components/orderWords'
import { Price } from '../../components/Price'
import { When } from '../../components/When'
import styles from './OrdersPage.module.css'

export function OrderInShort({ order }: { order: OrderSummary }) {
  const { id, state, payment_state, total, item_count, placed_at } = order
  return (
    <>
      <p className={styles.name}>
        <Link to={`/orders/${id}`}>Order {orderNumber(id)}</Link>
      </p>
      <p className={styles.soft}>
        <When at={placed_at} />, {itemsInWords(item_count)}
      </p>
      <p className={styles.state}>
        {state === 'awaiting-payment' ? paymentInWords(payment_state) : stateInWords(state)}
      </p>
      <p className={styles.total}>
        <Price money={total} />
      </p>
    </>
  )
}
