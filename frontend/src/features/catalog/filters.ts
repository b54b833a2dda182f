// What the shopper filters by, and how the URL says it. The URL is the only place where it is kept. Pure.
import type { ProductSearch, Sort } from '../../api/types'
import { SHOP_CURRENCY } from '../../components/money'

export interface Filters {
  q: string
  category: string | null
  minPrice: number | null
  maxPrice: number | null
  inStock: boolean
  /** Null: what fits best to a search, and the newest first without one. */
  sort: Sort | null
  /** How many pages of the list are shown. */
  pages: number
}

export const noFilters: Filters = {
  q: '',
  category: null,
  minPrice: null,
  maxPrice: null,
  inStock: false,
  sort: null,
  pages: 1,
}

const sorts: readonly Sort[] = ['relevance', 'newest', 'price-asc', 'price-desc', 'name']

export function parseFilters(params: URLSearchParams): Filters {
  const sort = params.get('sort')
  return {
    q: (params.get('q') ?? '').slice(0, 100),
    category: params.get('category')?.match(/^[a-z0-9-]{1,40}$/)?.[0] ?? null,
    minPrice: wholeNumber(params.get('min-price')),
    maxPrice: wholeNumber(params.get('max-price')),
    inStock: params.get('in-stock') === 'true',
    sort: sorts.find((known) => known === sort) ?? null,
    pages: Math.min(Math.max(wholeNumber(params.get('pages')) ?? 1, 1), 40),
  }
}

/** Always in one order and without what is usual, so that one selection has one address. */
export function filtersToParams(filters: Filters): URLSearchParams {
  const params = new URLSearchParams()
  if (filters.q.trim() !== '') params.set('q', filters.q)
  if (filters.category !== null) params.set('category', filters.category)
  if (filters.minPrice !== null) params.set('min-price', String(filters.minPrice))
  if (filters.maxPrice !== null) params.set('max-price', String(filters.maxPrice))
  if (filters.inStock) params.set('in-stock', 'true')
  if (filters.sort !== null) params.set('sort', filters.sort)
  if (filters.pages > 1) params.set('pages', String(filters.pages))
  return params
}

/** A change of what is looked for begins at the first page again. */
export function changed(filters: Filters, change: Partial<Filters>): Filters {
  return { ...filters, pages: 1, ...change }
}

/** New words search the whole shop: what narrowed the list before would hide what they find. Taking the words away keeps it. */
export function searchedFor(filters: Filters, q: string): Filters {
  return q.trim() === '' ? changed(filters, { q: '' }) : { ...noFilters, q }
}

/** Whether anything besides the words narrows the list. */
export function isNarrowed(filters: Filters): boolean {
  return countActive({ ...filters, q: '' }) > 0
}

export function countActive({ q, category, minPrice, maxPrice, inStock }: Filters): number {
  return [q.trim() !== '', category !== null, minPrice !== null || maxPrice !== null, inStock].filter(Boolean)
    .length
}

export function sortShown({ sort, q }: Filters): Sort {
  return sort ?? (q.trim() === '' ? 'newest' : 'relevance')
}

export function toSearch(filters: Filters): ProductSearch {
  const search: ProductSearch = { currency: SHOP_CURRENCY, sort: sortShown(filters) }
  if (filters.q.trim() !== '') search.q = filters.q.trim()
  if (filters.category !== null) search.category = [filters.category]
  if (filters.minPrice !== null) search['min-price'] = filters.minPrice
  if (filters.maxPrice !== null) search['max-price'] = filters.maxPrice
  if (filters.inStock) search['in-stock'] = true
  return search
}

function wholeNumber(text: string | null): number | null {
  return text !== null && /^\d{1,9}$/.test(text) ? Number(text) : null
}
