import { useInfiniteQuery } from '@tanstack/react-query'
import { lazy, Suspense, useEffect, useState } from 'react'
import { Link, useLocation, useSearchParams } from 'react-router'
import type { Sort } from '../../api/types'
import { SHOP_CURRENCY } from '../../components/money'
import { Trouble } from '../../components/Trouble'
import { catalogueQuery, PAGE_SIZE } from './api'
import { categories, categoryName } from './categories'
import {
  changed,
  countActive,
  filtersToParams,
  noFilters,
  parseFilters,
  sortShown,
  type Filters,
} from './filters'
import { FilterPanel } from './FilterPanel'
import { activeFilters, countLabel, sortLabels } from './labels'
import { ProductGrid } from './ProductGrid'
import { SearchBox } from './SearchBox'
import styles from './CataloguePage.module.css'

const FilterSheet = lazy(() => import('./FilterSheet'))

export function CataloguePage() {
  const [params, setParams] = useSearchParams()
  const location = useLocation()
  const address = params.toString()
  // A control shows what was chosen at once; the address follows a moment later, and then rules again.
  const [chosen, setChosen] = useState<{ at: string; filters: Filters } | null>(null)
  if (chosen !== null && chosen.at !== address) setChosen(null)
  const filters = chosen?.at === address ? chosen.filters : parseFilters(params)
  const list = useInfiniteQuery(catalogueQuery(filters))
  const [sheetOpen, setSheetOpen] = useState(false)
  const pages = list.data?.pages
  const first = pages?.[0]
  const products = pages?.flatMap((page) => page.items)

  // An address may ask for several pages, after a reload for example: they are fetched until it is fulfilled.
  const { hasNextPage, isFetching, fetchNextPage } = list
  const lacking =
    !list.isPlaceholderData && pages !== undefined && pages.length < filters.pages && hasNextPage
  useEffect(() => {
    if (lacking && !isFetching) void fetchNextPage()
  }, [lacking, isFetching, fetchNextPage])

  const change = (to: Partial<Filters>, options: { replace?: boolean } = {}) => {
    const next = changed(filters, to)
    const nextParams = filtersToParams(next)
    if (nextParams.toString() === address) return
    setChosen({ at: address, filters: next })
    setParams(nextParams, { preventScrollReset: true, ...options })
  }

  const title = filters.category === null ? 'Everything' : categoryName(filters.category)
  const line = categories.find(({ slug }) => slug === filters.category)?.line
  const total = first?.total
  const remaining = total === undefined || products === undefined ? 0 : total - products.length

  return (
    <div className={`page ${styles.catalogue}`}>
      <title>{`${filters.q.trim() === '' ? title : `“${filters.q.trim()}”`} · Cartwright`}</title>
      <header className={styles.intro}>
        <h1 className={styles.title}>{title}</h1>
        <p className={styles.line}>{line ?? 'All that we have, in one long look.'}</p>
        <div className={styles.search}>
          <SearchBox takesFocus={location.state?.focusSearch === true} />
        </div>
      </header>

      <aside className={styles.side} aria-label="Filters">
        <FilterPanel filters={filters} facets={first?.facets} onChange={change} />
      </aside>

      <section className={styles.results} aria-label="Products">
        <div className={styles.bar}>
          <p role="status" className={styles.total}>
            {total === undefined ? '\u00a0' : countLabel(total)}
          </p>
          <button type="button" className={`button ${styles.openFilters}`} onClick={() => setSheetOpen(true)}>
            Filter{countActive({ ...filters, q: '' }) > 0 && ` (${countActive({ ...filters, q: '' })})`}
          </button>
          <SortChoice filters={filters} onChange={(sort) => change({ sort })} />
        </div>

        <ActiveFilters filters={filters} onChange={change} />

        {list.isError && products === undefined ? (
          <Trouble title="The shelves did not load" onRetry={() => void list.refetch()}>
            Your cart is safe. Please check your connection and try again.
          </Trouble>
        ) : products?.length === 0 ? (
          <Nothing filters={filters} onClear={() => change(noFilters)} />
        ) : (
          <div
            aria-busy={list.isPlaceholderData}
            className={list.isPlaceholderData ? styles.updating : undefined}
          >
            <ProductGrid products={products} places={PAGE_SIZE * filters.pages} columns="catalogue" />
          </div>
        )}

        {hasNextPage && remaining > 0 && (
          <div className={styles.more}>
            <button
              type="button"
              className="button"
              disabled={list.isFetchingNextPage}
              onClick={() => change({ pages: (pages?.length ?? 1) + 1 }, { replace: true })}
            >
              Show {Math.min(PAGE_SIZE, remaining)} more
            </button>
            <p>
              {products?.length} of {total}
            </p>
          </div>
        )}
      </section>

      {sheetOpen && (
        <Suspense>
          <FilterSheet
            filters={filters}
            facets={first?.facets}

            total={total}
            onChange={change}
            onClose={() => setSheetOpen(false)}
          />
        </Suspense>
      )}
    </div>
  )
}

function SortChoice({ filters, onChange }: { filters: Filters; onChange: (sort: Sort | null) => void }) {
  const offered = (Object.keys(sortLabels) as Sort[]).filter(
    (sort) => sort !== 'relevance' || filters.q.trim() !== '',
  )
  const usual = sortShown({ ...filters, sort: null })
  return (
    <label className={styles.sort}>
      <span>Sort by</span>
      <select
        value={sortShown(filters)}
        onChange={(event) => {
          const sort = event.target.value as Sort
          onChange(sort === usual ? null : sort)
        }}
      >
        {offered.map((sort) => (
          <option key={sort} value={sort}>
            {sortLabels[sort]}
          </option>
        ))}
      </select>
    </label>
  )
}

interface FilterChangeProps {
  filters: Filters
  onChange: (change: Partial<Filters>) => void
}

function ActiveFilters({ filters, onChange }: FilterChangeProps) {
  const active = activeFilters(filters, SHOP_CURRENCY)
  if (active.length === 0) return null
  return (
    <ul className={styles.active} aria-label="Chosen filters">
      {active.map(({ label, without }) => (
        <li key={label}>
          <button type="button" className={styles.chip} onClick={() => onChange(without)}>
            <span className="visually-hidden">Remove filter </span>
            {label}
            <span aria-hidden="true">×</span>
          </button>
        </li>
      ))}
      <li>
        <button
          type="button"
          className="text-button"
          onClick={() => onChange({ ...noFilters, sort: filters.sort })}
        >
          Clear all
        </button>
      </li>
    </ul>
  )
}

function Nothing({ filters, onClear }: { filters: Filters; onClear: () => void }) {
  const q = filters.q.trim()
  return (
    <div className={styles.nothing}>
      <h2>{q === '' ? 'Nothing here matches' : `Nothing matches “${q}”`}</h2>
      <p>
        {q === '' || countActive(filters) > 1
          ? 'Perhaps one filter too many. Take them away and look again.'
          : 'Try a shorter word, or look through everything we have.'}
      </p>
      <div className={styles.ways}>
        <button type="button" className="button" onClick={onClear}>
          {q !== '' && countActive(filters) === 1 ? 'Show everything' : 'Clear all filters'}
        </button>
        <Link to={`/requests/new${q === '' ? '' : `?title=${encodeURIComponent(q)}`}`} className="button">
          Ask us to get it
        </Link>
      </div>
    </div>
  )
}
