// The orders of this session or account, the newest first. They change on the page as they change in the shop.
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { Link } from 'react-router'
import { follow } from '../../api/live'
import { useSession } from '../../api/session'
import { Trouble } from '../../components/Trouble'
import { ownOrdersQuery } from './api'
import { OrderInShort } from './OrderInShort'
import styles from './OrdersPage.module.css'

interface OrdersPageProps {
  /** Somebody is signed in, with an address that nobody has confirmed. */
  isUnconfirmed?: boolean
  /** Among the pages of the account, which has the navigation around it. */
  isInAccount?: boolean
}

export function OrdersPage({ isUnconfirmed = false, isInAccount = false }: OrdersPageProps) {
  const client = useQueryClient()
  const { data, isError, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } =
    useInfiniteQuery(ownOrdersQuery())
  const orders = data?.pages.flatMap((page) => page.orders)

  useEffect(
    () =>
      follow('/api/queries/live', {
        on: { order: () => void client.invalidateQueries({ queryKey: ['orders', 'own'] }) },
      }),
    [client],
  )

  return (
    <div className={isInAccount ? styles.section : `page ${styles.layout}`}>
      <title>Your orders · Cartwright</title>
      <h1>Your orders</h1>
      {orders === undefined && isError && (
        <Trouble title="Your orders did not load" onRetry={() => void refetch()}>
          Your orders are safe.
        </Trouble>
      )}
      {orders === undefined && !isError && <Loading />}
      {orders?.length === 0 && <Empty isUnconfirmed={isUnconfirmed} />}
      {orders !== undefined && orders.length > 0 && (
        <ul className={styles.orders}>
          {orders.map((order) => (
            <li key={order.id} className={styles.order}>
              <OrderInShort order={order} />
            </li>
          ))}
        </ul>
      )}
      {hasNextPage && (
        <button
          type="button"
          className={`button ${styles.more}`}
          aria-disabled={isFetchingNextPage}
          onClick={() => void fetchNextPage()}
        >
          Show earlier orders
        </button>
      )}
    </div>
  )
}

function Empty({ isUnconfirmed }: { isUnconfirmed: boolean }) {
  const isSignedIn = (useSession()?.account ?? null) !== null
  return (
    <div className={styles.empty}>
      <p>
        {isSignedIn
          ? 'You have not ordered anything with your account yet.'
          : 'You have not ordered anything in this browser yet.'}
      </p>
      <p className={styles.soft}>
        {isUnconfirmed
          ? 'Confirm your e-mail address, and the orders that you paid for with it as a guest appear here.'
          : isSignedIn
            ? 'Ordered without your account? Use the link in your confirmation e-mail.'
            : 'Ordered on another device? Use the link in your confirmation e-mail.'}
      </p>
      <div className={styles.ways}>
        <Link to="/shop" className="button">
          Shop all
        </Link>
        {!isSignedIn && (
          <Link to="/sign-in?then=%2Forders" className={styles.way}>
            Sign in to see those of your account
          </Link>
        )}
      </div>
    </div>
  )
}

function Loading() {
  return (
    <div aria-busy="true">
      <p className="visually-hidden" role="status">
        Loading your orders
      </p>
      {[1, 2, 3].map((place) => (
        <div key={place} className={styles.order}>
          <div className={`skeleton ${styles.place}`} />
        </div>
      ))}
    </div>
  )
}
