// Product requests: by how many want it or the newest first, filtered and searched, all of it in the URL.
import { useInfiniteQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { Link, useSearchParams } from 'react-router'
import { Trouble } from '../../components/Trouble'
import { formatNumber } from '../../components/locale'
import { requestsQuery } from './api'
import { filtersToParams, noFilters, parseFilters, stages, type Filters } from './filters'
import { RequestList, RequestListSkeleton } from './RequestList'
import { SearchField } from './SearchField'
import styles from './Requests.module.css'

export function RequestsPage() {
  const [params, setParams] = useSearchParams()
  const address = params.toString()
  // A control shows what was chosen at once; the address follows a moment later, and then rules again.
  const [chosen, setChosen] = useState<{ at: string; filters: Filters } | null>(null)
  if (chosen !== null && chosen.at !== address) setChosen(null)
  const filters = chosen?.at === address ? chosen.filters : parseFilters(params)
  const list = useInfiniteQuery(requestsQuery(filters))
  const pages = list.data?.pages
  const requests = pages?.flatMap((page) => page.requests)
  const total = pages?.[0]?.total
  const states = pages?.[0]?.states ?? {}

  // An address may ask for several pages, after a reload for example: they are fetched until it is fulfilled.
  const { hasNextPage, isFetching, fetchNextPage } = list
  const lacking =
    !list.isPlaceholderData && pages !== undefined && pages.length < filters.pages && hasNextPage
  useEffect(() => {
    if (lacking && !isFetching) void fetchNextPage()
  }, [lacking, isFetching, fetchNextPage])

  const change = (to: Partial<Filters>, { replace = false } = {}) => {
    const next = { ...filters, pages: 1, ...to }
    const nextParams = filtersToParams(next)
    if (nextParams.toString() === address) return
    setChosen({ at: address, filters: next })
    setParams(nextParams, { preventScrollReset: true, replace, state: { keepFocus: true } })
  }
  const isFiltered = filtersToParams({ ...filters, sort: 'support', pages: 1 }).size > 0

  return (
    <div className={`page ${styles.layout}`}>
      <title>Product requests · Cartwright</title>
      <header className={styles.intro}>
        <h1>Product requests</h1>
        <p>
          Can’t find what you need? Suggest it, or support a request: the more people want a product, the
          sooner we look for it.
        </p>
        <Link to="/requests/new" className={`button ${styles.main}`}>
          Make a request
        </Link>
      </header>
      <div className={styles.filters}>
        <SearchField value={filters.q} onChange={(q) => change({ q }, { replace: true })} />
        <Choice
          label="Status"
          value={filters.stage ?? ''}
          options={stages.map(({ value, label, states: of }) => ({
            value: value ?? '',
            label:
              value === null ? label : `${label} (${of.reduce((sum, one) => sum + (states[one] ?? 0), 0)})`,
          }))}
          onChange={(value) => change({ stage: stages.find((one) => one.value === value)?.value ?? null })}
        />
        <Choice
          label="Sort by"
          value={filters.sort}
          options={[
            { value: 'support', label: 'Most wanted' },
            { value: 'newest', label: 'Newest' },
          ]}
          onChange={(value) => change({ sort: value === 'newest' ? 'newest' : 'support' })}
        />
      </div>
      <p role="status" className={styles.total}>
        {total === undefined ? '\u00a0' : total === 1 ? '1 request' : `${formatNumber(total)} requests`}
      </p>
      {requests === undefined && list.isError && (
        <Trouble title="The requests did not load" onRetry={() => void list.refetch()}>
          Nothing was changed.
        </Trouble>
      )}
      {requests === undefined && !list.isError && <RequestListSkeleton label="Loading the requests" />}
      {requests?.length === 0 && <Nothing filters={filters} isFiltered={isFiltered} />}
      {requests !== undefined && requests.length > 0 && (
        <div
          aria-busy={list.isPlaceholderData}
          className={list.isPlaceholderData ? styles.updating : undefined}
        >
          <RequestList label="Requests" requests={requests} />
        </div>
      )}
      {hasNextPage && requests !== undefined && (
        <button
          type="button"
          className={`button ${styles.more}`}
          aria-disabled={list.isFetchingNextPage}
          onClick={() => change({ pages: (pages?.length ?? 1) + 1 }, { replace: true })}
        >
          Show more
        </button>
      )}
    </div>
  )
}

interface ChoiceProps {
  label: string
  value: string
  options: { value: string; label: string }[]
  onChange: (value: string) => void
}

function Choice({ label, value, options, onChange }: ChoiceProps) {
  return (
    <label className={styles.choice}>
      <span>{label}</span>
      <select value={value} onChange={(event) => onChange(event.target.value)}>
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
    </label>
  )
}

function Nothing({ filters, isFiltered }: { filters: Filters; isFiltered: boolean }) {
  const q = filters.q.trim()
  return (
    <div className={styles.nothing}>
      <h2>{q === '' ? 'No requests here yet' : `No requests for “${q}” yet`}</h2>
      <p>Be the first: it takes a minute, and others can support your request.</p>
      <div className={styles.ways}>
        <Link to={`/requests/new${q === '' ? '' : `?title=${encodeURIComponent(q)}`}`} className="button">
          {q === '' ? 'Make a request' : `Request “${q}”`}
        </Link>
        {isFiltered && (
          <Link to={`/requests${filtersToQuery(filters.sort)}`} className={styles.way}>
            Show all requests
          </Link>
        )}
      </div>
    </div>
  )
}

function filtersToQuery(sort: Filters['sort']): string {
  const params = filtersToParams({ ...noFilters, sort })
  return params.size === 0 ? '' : `?${params}`
}
