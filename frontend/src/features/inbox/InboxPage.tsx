// What became of the requests that somebody follows, the newest first. Seen is read. Inside the pages of the account.
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { Link } from 'react-router'
import { useProducts } from '../../api/products'
import type { Inbox, Notice } from '../../api/types'
import { Trouble } from '../../components/Trouble'
import { When } from '../../components/When'
import { inboxQuery, markRead } from './api'
import { useInbox } from './useInbox'
import { noticeInWords, placeOf } from './words'
import styles from './InboxPage.module.css'

export function InboxPage() {
  const client = useQueryClient()
  const { data, isError, isFetching, refetch } = useInbox()
  const newest = data?.notices[0]?.id
  const unread = data?.unread ?? 0
  const marked = useRef<string | null>(null)

  // What was new when the page opened stays marked as new on it; the header counts anew at once. An answer under way may
  // be from before it was read, and would count it again.
  useEffect(() => {
    if (isFetching || newest === undefined || unread === 0 || marked.current === newest) return
    marked.current = newest
    markRead(newest).then(
      () =>
        client.setQueryData<Inbox>(inboxQuery().queryKey, (held) =>
          held?.notices[0]?.id === newest ? { ...held, unread: 0 } : held,
        ),
      () => {
        // It counts as unread until the page is opened again.
        marked.current = null
      },
    )
  }, [client, isFetching, newest, unread])

  return (
    <div className={styles.section}>
      <title>Inbox · Cartwright</title>
      <h1>Inbox</h1>
      {data === undefined && isError && (
        <Trouble title="Your inbox did not load" onRetry={() => void refetch()}>
          Nothing was changed.
        </Trouble>
      )}
      {data === undefined && !isError && (
        <div aria-busy="true" className={styles.list}>
          <p className="visually-hidden" role="status">
            Loading your inbox
          </p>
          {[1, 2, 3].map((place) => (
            <div key={place} className={styles.notice}>
              <div className={`skeleton ${styles.place}`} />
            </div>
          ))}
        </div>
      )}
      {data?.notices.length === 0 && (
        <>
          <p>Nothing yet. Updates on your requests appear here.</p>
          <p>
            <Link to="/requests" className={styles.way}>
              See all requests
            </Link>
          </p>
        </>
      )}
      {data !== undefined && data.notices.length > 0 && <Notices notices={data.notices} />}
    </div>
  )
}

function Notices({ notices }: { notices: Notice[] }) {
  const products = useProducts([
    ...new Set(notices.flatMap(({ sku, title }) => (sku === null || title !== null ? [] : [sku]))),
  ])
  return (
    <ul className={styles.list} aria-label="Notices">
      {notices.map((notice) => (
        <li key={notice.id} className={styles.notice} data-read={notice.read}>
          <p className={styles.words}>
            {!notice.read && <span className={styles.new}>New </span>}
            <Link to={placeOf(notice)}>{noticeInWords(notice, products.get(notice.sku ?? '')?.name)}</Link>
          </p>
          <p className={styles.soft}>
            <When at={notice.happened_at} time />
          </p>
        </li>
      ))}
    </ul>
  )
}
