// What staff did, the newest first: sentences by day, of one person, thing and time where that is asked for.
import { useInfiniteQuery } from '@tanstack/react-query'
import { useSearchParams } from 'react-router'
import { inWords, ProblemError } from '../../api/problem'
import { Trouble } from '../../components/Trouble'
import { auditQuery } from './api'
import { AuditEntries } from './AuditEntries'
import { AuditFilters, type Asked } from './AuditFilters'
import { dayProblem, rangeProblem } from './dates'
import { useLeaveWhenForbidden } from './useLeaveWhenForbidden'
import styles from './Staff.module.css'

export function AuditPage() {
  const [params] = useSearchParams()
  const of = (name: keyof Asked) => params.get(name) ?? ''
  const asked = { by: of('by'), subject: of('subject'), from: of('from'), to: of('to') }
  const wrong = dayProblem(asked.from) ?? dayProblem(asked.to) ?? rangeProblem(asked.from, asked.to)
  const { data, error, isError, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery({
    ...auditQuery(asked),
    enabled: wrong === null,
  })
  useLeaveWhenForbidden(error)
  const entries = data?.pages.flatMap((page) => page.entries)
  const isFiltered = Object.values(asked).some((value) => value !== '')

  return (
    <div className={styles.page}>
      <title>Audit · Staff</title>
      <h1>Audit</h1>
      <p>What staff did. Nothing here can be changed.</p>
      <AuditFilters key={JSON.stringify(asked)} asked={asked} people={data?.pages[0]?.people ?? []} />
      {wrong !== null && (
        <p role="alert" className={styles.trouble}>
          {wrong}
        </p>
      )}
      {entries === undefined && isError && (
        <Trouble
          title="The audit did not load"
          onRetry={() => void refetch()}
          {...(error instanceof ProblemError && error.problem.status === 400
            ? { reason: inWords(error.problem) }
            : {})}
        />
      )}
      {entries === undefined && !isError && wrong === null && (
        <div aria-busy="true" className={`skeleton ${styles.placeOfOrder}`} />
      )}
      {entries?.length === 0 && (
        <p className={styles.empty}>
          {isFiltered ? 'Nothing matches these filters.' : 'Staff have not done anything yet.'}
        </p>
      )}
      {entries !== undefined && entries.length > 0 && <AuditEntries entries={entries} />}
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
