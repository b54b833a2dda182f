// The newest order at a glance, on top of the account. Handed to the overview by app/AccountOverviewRoute.tsx.
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from 'react-router'
import { itemsInWords, orderNumber, paymentInWords, stateInWords } from '../../components/orderWords'
import { Price } from '../../components/Price'
import { When } from '../../components/When'
import { ownOrdersQuery } from './api'
import styles from './OrdersPage.module.css'

/** Nothing while there is none, and where the list does not load: the page of the orders says that. */
export function LastOrder() {
  const order = useInfiniteQuery(ownOrdersQuery()).data?.pages[0]?.orders[0]
  if (order === undefined) return null
  const { id, state, payment_state, total, item_count, placed_at } = order
  return (
    <section aria-labelledby="last-order" className={styles.section}>
      <h2 id="last-order">Your last order</h2>
      <div className={`${styles.orders} ${styles.order}`}>
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
      </div>
    </section>
  )
}
