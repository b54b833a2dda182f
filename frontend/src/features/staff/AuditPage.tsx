// What staff did: who, what, and what was before and after it. The newest first.
import { useInfiniteQuery } from '@tanstack/react-query'
import type { AuditEntry } from '../../api/types'
import { Trouble } from '../../components/Trouble'
import { When } from '../../components/When'
import { auditQuery } from './api'
import { changesInWords, deedInWords, whoInWords } from './auditWords'
import { useLeaveWhenForbidden } from './useLeaveWhenForbidden'
import styles from './Staff.module.css'

export function AuditPage() {
  const { data, error, isError, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } =
    useInfiniteQuery(auditQuery())
  useLeaveWhenForbidden(error)
  const entries = data?.pages.flatMap((page) => page.entries)

  return (
    <div className={styles.page}>
      <title>Audit · Staff</title>
      <h1>Audit</h1>
      <p>What staff did, read from the events themselves. Nothing of it can be changed.</p>
      {entries === undefined && isError && (
        <Trouble title="The audit did not load" onRetry={() => void refetch()} />
      )}
      {entries === undefined && !isError && (
        <div aria-busy="true" className={`skeleton ${styles.placeOfOrder}`} />
      )}
      {entries?.length === 0 && <p className={styles.empty}>Staff have not done anything yet.</p>}
      {entries !== undefined && entries.length > 0 && <Entries entries={entries} />}
      {hasNextPage && (
        <button
          type="button"
          className="button"
          aria-disabled={isFetchingNextPage}
          onClick={() => void fetchNextPage()}
        >
          Show earlier entries
        </button>
      )}
    </div>
  )
}

function Entries({ entries }: { entries: AuditEntry[] }) {
  return (
    <table className={`${styles.table} ${styles.audit}`}>
      <caption className="visually-hidden">What staff did, the newest first</caption>
      <thead>
        <tr>
          <th scope="col">What</th>
          <th scope="col">Before and after</th>
          <th scope="col">Who</th>
          <th scope="col">When</th>
        </tr>
      </thead>
      <tbody>
        {entries.map((entry) => (
          <tr key={entry.position}>
            <th scope="row">
              {deedInWords(entry.event)}
              <br />
              <span className={styles.of}>{entry.id}</span>
            </th>
            <td>
              <Changes entry={entry} />
            </td>
            <td className={`${styles.of} ${styles.who}`}>{whoInWords(entry)}</td>
            <td>
              <When at={entry.at} time />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function Changes({ entry: { changes, payload } }: { entry: AuditEntry }) {
  if (changes === undefined || changes === null) return <>Too much has happened there to look it up.</>
  if (changes.length === 0) return <>Nothing that is kept.</>
  return (
    <ul className={styles.changes}>
      {changesInWords(changes, payload).map(({ field, before, after }) => (
        <li key={field}>
          <code>{field === '' ? 'all of it' : field}</code> {before} → {after}
        </li>
      ))}
    </ul>
  )
}
