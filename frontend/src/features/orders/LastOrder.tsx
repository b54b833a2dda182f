// The newest order at a glance, on top of the account. Handed to the overview by app/AccountOverviewRoute.tsx.
import { useInfiniteQuery } from '@tanstack/react-query'
import { ownOrdersQuery } from './api'
import { OrderInShort } from './OrderInShort'
import styles from './OrdersPage.module.css'

/** Nothing while there is none, and where the list does not load: the page of the orders says that. */
export function LastOrder() {
  const order = useInfiniteQuery(ownOrdersQuery()).data?.pages[0]?.orders[0]
  if (order === undefined) return null
  return (
    <section aria-labelledby="last-order" className={styles.section}>
      <h2 id="last-order">Your last order</h2>
      <div className={`${styles.orders} ${styles.order}`}>
        <OrderInShort order={order} />
      </div>
    </section>
  )
}
