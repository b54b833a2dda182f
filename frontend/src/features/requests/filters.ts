// What the list of requests is filtered by, and how the URL says it. The URL is the only place where it is kept. Pure.
import type { RequestKind, RequestSearch, RequestState } from '../../api/types'

export type Stage = 'open' | 'planned' | 'fulfilled' | 'declined'
export type Sort = 'support' | 'newest'

export interface Filters {
  q: string
  kind: Exclude<RequestKind, 'quote'> | null
  stage: Stage | null
  sort: Sort
  /** How many pages of the list are shown. */
  pages: number
}

export const noFilters: Filters = { q: '', kind: null, stage: null, sort: 'support', pages: 1 }

export const kinds: { value: Filters['kind']; label: string }[] = [
  { value: null, label: 'Everything' },
  { value: 'missing_product', label: 'Missing from the shop' },
  { value: 'back_in_stock', label: 'To be back in stock' },
]

export const stages: { value: Stage | null; label: string; states: RequestState[] }[] = [
  { value: null, label: 'All', states: [] },
  { value: 'open', label: 'Open', states: ['submitted', 'triaged'] },
  { value: 'planned', label: 'Planned', states: ['planned'] },
  { value: 'fulfilled', label: 'Available now', states: ['fulfilled'] },
  { value: 'declined', label: 'Declined', states: ['declined'] },
]

const LONGEST = 100
const MOST_PAGES = 40

export function parseFilters(params: URLSearchParams): Filters {
  const pages = Number(params.get('pages') ?? 1)
  return {
    q: (params.get('q') ?? '').slice(0, LONGEST),
    kind: kinds.find(({ value }) => value !== null && value === params.get('kind'))?.value ?? null,
    stage: stages.find(({ value }) => value !== null && value === params.get('stage'))?.value ?? null,
    sort: params.get('sort') === 'newest' ? 'newest' : 'support',
    pages: Number.isInteger(pages) ? Math.min(Math.max(pages, 1), MOST_PAGES) : 1,
  }
}

/** Always in one order and without what is usual, so that one selection has one address. */
export function filtersToParams({ q, kind, stage, sort, pages }: Filters): URLSearchParams {
  const params = new URLSearchParams()
  if (q.trim() !== '') params.set('q', q)
  if (kind !== null) params.set('kind', kind)
  if (stage !== null) params.set('stage', stage)
  if (sort !== 'support') params.set('sort', sort)
  if (pages > 1) params.set('pages', String(pages))
  return params
}

export function toSearch({ q, kind, stage, sort }: Filters): RequestSearch {
  const states = stages.find(({ value }) => value === stage)?.states ?? []
  return {
    sort,
    ...(q.trim() === '' ? {} : { q: q.trim() }),
    ...(kind === null ? {} : { kind }),
    ...(states.length === 0 ? {} : { state: states }),
  }
}
