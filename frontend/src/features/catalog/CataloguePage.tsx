import { useInfiniteQuery } from '@tanstack/react-query'
import { Suspense, useEffect, useState } from 'react'
import { Link, useLocation, useSearchParams } from 'react-router'
import type { ProductPage } from '../../api/types'
import { lazyWithRetry } from '../../components/lazyWithRetry'
import { Trouble } from '../../components/Trouble'
import { catalogueQuery, PAGE_SIZE } from './api'
import { categories, categoryName } from './categories'
import {
  changed,
  countActive,
  filtersToParams,
  isNarrowed,
  noFilters,
  parseFilters,
  sortShown,
  type Filters,
} from './filters'
import { ActiveFilters, SortChoice } from './FilterBar'
import { FilterPanel } from './FilterPanel'
import { countLabel, placeLabel } from './labels'
import { picturedFirst } from './order'
import { ProductGrid } from './ProductGrid'
import { SearchBox } from './SearchBox'
import { ALL_LINE, ALL_TITLE } from './words'
import styles from './CataloguePage.module.css'

const FilterSheet = lazyWithRetry(() => import('./FilterSheet'), FiltersNotLoaded)
const NoResults = lazyWithRetry(() => import('./NoResults'), NothingFound)

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
  const isNewest = sortShown(filters) === 'newest'
  const products = pages?.flatMap(({ items }) => (isNewest ? picturedFirst(items) : items))

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

  const isEmpty = products?.length === 0
  const q = filters.q.trim()
  const total = first?.total
  const remaining = total === undefined || products === undefined ? 0 : total - products.length

  return (
    <div className={`page ${styles.catalogue}`}>
      <title>{`${q === '' ? roomTitle(filters) : `“${q}”`} · Cartwright`}</title>
      <header className={styles.intro}>
        <h1 className={styles.title}>{q === '' ? roomTitle(filters) : `Results for “${q}”`}</h1>
        <p className={styles.line}>
          {q === '' ? (
            roomLine(filters)
          ) : (
            <Found filters={filters} results={list.isPlaceholderData ? undefined : first} />
          )}
        </p>
        <div className={styles.search}>
          <SearchBox takesFocus={location.state?.focusSearch === true} />
        </div>
      </header>

      <aside className={styles.side} aria-label="Filters">
        <FilterPanel filters={filters} facets={first?.facets} onChange={change} />
      </aside>

      <section className={styles.results} aria-label="Products">
        <div className={styles.bar}>
          {/* A search says its count under the heading; here it is said to those who hear the page. */}
          <p role="status" className={q === '' ? styles.total : 'visually-hidden'}>
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
            Your cart is safe.
          </Trouble>
        ) : first !== undefined && isEmpty && !list.isPlaceholderData ? (
          <Suspense fallback={<ProductGrid products={undefined} places={PAGE_SIZE} columns="catalogue" />}>
            <NoResults filters={filters} results={first} />
          </Suspense>
        ) : (
          <div
            aria-busy={list.isPlaceholderData}
            className={list.isPlaceholderData ? styles.updating : undefined}
          >
            <ProductGrid
              products={isEmpty ? undefined : products}
              places={PAGE_SIZE * filters.pages}
              columns="catalogue"
            />
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

function roomTitle({ category }: Filters): string {
  return category === null ? ALL_TITLE : categoryName(category)
}

function roomLine({ category }: Filters): string {
  return categories.find(({ slug }) => slug === category)?.line ?? ALL_LINE
}

/** How much a search found, and how much it would find without the filters. */
function Found({ filters, results }: { filters: Filters; results: ProductPage | undefined }) {
  if (results === undefined) return '\u00a0'
  const { total, elsewhere } = results
  // Then the list's place says it, with what comes closest.
  if (total === 0) return '\u00a0'
  const here = `${countLabel(total)} ${placeLabel(filters)}`
  if (!isNarrowed(filters) || elsewhere === null || elsewhere <= total) return here
  return (
    <>
      {here},{' '}
      <Link to={`/shop?${filtersToParams({ ...noFilters, q: filters.q })}`}>
        {elsewhere} in the whole shop
      </Link>
    </>
  )
}

function FiltersNotLoaded({ onClose }: { onClose: () => void }) {
  return (
    <div className="page">
      <Trouble title="The filters did not load" onRetry={onClose}>
        The list is as it was.
      </Trouble>
    </div>
  )
}

function NothingFound() {
  return <p>No product matches.</p>
}
