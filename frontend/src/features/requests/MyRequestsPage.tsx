// What the account asked for, supports or follows; what changed last comes first. Inside the pages of the account.
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { Link } from 'react-router'
import { follow } from '../../api/live'
import { Trouble } from '../../components/Trouble'
import { listsKey, ownRequestsQuery } from './api'
import { RequestList, RequestListSkeleton } from './RequestList'
import styles from './Requests.module.css'

export function MyRequestsPage() {
  const client = useQueryClient()
  const { data, isError, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } =
    useInfiniteQuery(ownRequestsQuery())
  const requests = data?.pages.flatMap((page) => page.requests)

  useEffect(
    () =>
      follow('/api/queries/live', {
        on: { request: () => void client.invalidateQueries({ queryKey: [...listsKey, 'own'] }) },
      }),
    [client],
  )

  return (
    <div className={styles.section}>
      <title>Your requests · Cartwright</title>
      <h1>Your requests</h1>
      {requests === undefined && isError && (
        <Trouble title="Your requests did not load" onRetry={() => void refetch()}>
          Nothing was changed.
        </Trouble>
      )}
      {requests === undefined && !isError && <RequestListSkeleton label="Loading your requests" />}
      {requests?.length === 0 && (
        <p>No requests yet. Requests that you make, support or follow appear here.</p>
      )}
      {requests !== undefined && requests.length > 0 && (
        <RequestList label="Your requests" requests={requests} canSupport={false} />
      )}
      {hasNextPage && (
        <button
          type="button"
          className={`button ${styles.more}`}
          aria-disabled={isFetchingNextPage}
          onClick={() => void fetchNextPage()}
        >
          Show more
        </button>
      )}
      <div className={styles.ways}>
        <Link to="/requests/new" className="button">
          Make a request
        </Link>
        <Link to="/requests" className={styles.way}>
          See all requests
        </Link>
      </div>
    </div>
  )
}
