// What the list of requests is filtered by, and how the URL says it. The URL is the only place where it is kept. Pure.
import type { RequestSearch, RequestState } from '../../api/types'

export type Stage = 'open' | 'planned' | 'fulfilled' | 'declined'
export type Sort = 'support' | 'newest'

export interface Filters {
  q: string
  stage: Stage | null
  sort: Sort
  /** How many pages of the list are shown. */
  pages: number
}

export const noFilters: Filters = { q: '', stage: null, sort: 'support', pages: 1 }

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
    stage: stages.find(({ value }) => value !== null && value === params.get('stage'))?.value ?? null,
    sort: params.get('sort') === 'newest' ? 'newest' : 'support',
    pages: Number.isInteger(pages) ? Math.min(Math.max(pages, 1), MOST_PAGES) : 1,
  }
}

/** Always in one order and without what is usual, so that one selection has one address. */
export function filtersToParams({ q, stage, sort, pages }: Filters): URLSearchParams {
  const params = new URLSearchParams()
  if (q.trim() !== '') params.set('q', q)
  if (stage !== null) params.set('stage', stage)
  if (sort !== 'support') params.set('sort', sort)
  if (pages > 1) params.set('pages', String(pages))
  return params
}

/** Wishes for a product alone: that one person waits for something is nobody else's affair. */
export function toSearch({ q, stage, sort }: Filters): RequestSearch {
  const states = stages.find(({ value }) => value === stage)?.states ?? []
  return {
    kind: 'missing_product',
    sort,
    ...(q.trim() === '' ? {} : { q: q.trim() }),
    ...(states.length === 0 ? {} : { state: states }),
  }
}
