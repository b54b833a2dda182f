// Every order, by its state: a dense table in which arrow keys move and Enter opens.
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link, useSearchParams } from 'react-router'
import type { OrderSummary } from '../../api/types'
import { orderNumber, paymentInWords, stateInWords } from '../../components/orderWords'
import { Price } from '../../components/Price'
import { Trouble } from '../../components/Trouble'
import { When } from '../../components/When'
import { ordersQuery } from './api'
import { useLeaveWhenForbidden } from './useLeaveWhenForbidden'
import { useRowKeys } from './useRowKeys'
import { filters } from './words'
import styles from './Staff.module.css'

export function StaffOrdersPage() {
  const [params] = useSearchParams()
  const asked = params.get('state')
  const filter = filters.find(({ value }) => value === asked) ?? filters[0]
  const state = filter?.value ?? null
  const { data, error, isError, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(
    ordersQuery(state),
  )
  useLeaveWhenForbidden(error)
  const orders = data?.pages.flatMap((page) => page.orders)

  return (
    <div className={styles.page}>
      <title>{`${filter?.label ?? 'Orders'} · Orders · Staff`}</title>
      <h1>Orders</h1>
      <nav aria-label="By state">
        <ul className={styles.filters}>
          {filters.map(({ value, label }) => (
            <li key={label}>
              <Link
                to={value === null ? '/staff/orders' : `/staff/orders?state=${value}`}
                aria-current={value === state ? 'page' : undefined}
              >
                {label}
              </Link>
            </li>
          ))}
        </ul>
      </nav>
      {orders === undefined && isError && (
        <Trouble title="The orders did not load" onRetry={() => void refetch()} />
      )}
      {orders === undefined && !isError && <Loading />}
      {orders?.length === 0 && <p className={styles.empty}>No orders here at the moment.</p>}
      {orders !== undefined && orders.length > 0 && <Orders orders={orders} />}
      {hasNextPage && (
        <button
          type="button"
          className="button"
          aria-disabled={isFetchingNextPage}
          onClick={() => void fetchNextPage()}
        >
          Show earlier orders
        </button>
      )}
    </div>
  )
}

function Orders({ orders }: { orders: OrderSummary[] }) {
  const rows = useRowKeys()
  return (
    <table className={styles.table}>
      <caption className="visually-hidden">Orders. Arrow keys move between them, Enter opens one.</caption>
      <thead>
        <tr>
          <th scope="col">Order</th>
          <th scope="col" className={styles.wide}>
            Placed
          </th>
          <th scope="col">State</th>
          <th scope="col" className={styles.wide}>
            Payment
          </th>
          <th scope="col" className={`${styles.number} ${styles.wide}`}>
            Items
          </th>
          <th scope="col" className={styles.number}>
            Total
          </th>
        </tr>
      </thead>
      <tbody ref={rows}>
        {orders.map(({ id, placed_at, state, payment_state, item_count, total }) => (
          <tr key={id}>
            <th scope="row">
              <Link to={`/staff/orders/${id}`}>{orderNumber(id)}</Link>
            </th>
            <td className={styles.wide}>
              <When at={placed_at} time />
            </td>
            <td>{stateInWords(state)}</td>
            <td className={styles.wide}>{paymentInWords(payment_state)}</td>
            <td className={`${styles.number} ${styles.wide}`}>{item_count}</td>
            <td className={styles.number}>
              <Price money={total} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function Loading() {
  return (
    <div aria-busy="true" className={styles.loading}>
      <p className="visually-hidden" role="status">
        Loading the orders
      </p>
      {[1, 2, 3, 4, 5, 6].map((place) => (
        <div key={place} className={`skeleton ${styles.placeOfRow}`} />
      ))}
    </div>
  )
}
