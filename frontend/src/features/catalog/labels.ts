// How filters are named to the shopper. Pure.
import { formatRound } from '../../components/money'
import type { Sort } from '../../api/types'
import { categoryName } from './categories'
import { countActive, type Filters } from './filters'

export const sortLabels: Record<Sort, string> = {
  relevance: 'Best match',
  newest: 'Newest',
  'price-asc': 'Price, low to high',
  'price-desc': 'Price, high to low',
  name: 'Name',
}

export function bucketLabel(from: number, to: number | null | undefined, currency: string): string {
  if (to === null || to === undefined) return `${formatRound(from, currency)} and more`
  // Both ends belong to a range: 10.00 to 24.99 is said as 10 to 25.
  const end = formatRound(to % 100 === 99 ? to + 1 : to, currency)
  return from === 0 ? `Under ${end}` : `${formatRound(from, currency)} to ${end}`
}

export function countLabel(total: number): string {
  return total === 1 ? '1 product' : `${total} products`
}

/** Where the filters look, to follow a count: "in Kitchen". */
export function placeLabel({ category, ...others }: Filters): string {
  const hasOthers = countActive({ ...others, q: '', category: null }) > 0
  if (category === null) return hasOthers ? 'with these filters' : 'in the whole shop'
  return `in ${categoryName(category)}${hasOthers ? ' with these filters' : ''}`
}

export interface ActiveFilter {
  label: string
  without: Partial<Filters>
}

export function activeFilters(filters: Filters, currency: string): ActiveFilter[] {
  const active: ActiveFilter[] = []
  if (filters.q.trim() !== '') active.push({ label: `“${filters.q.trim()}”`, without: { q: '' } })
  if (filters.category !== null)
    active.push({ label: categoryName(filters.category), without: { category: null } })
  if (filters.minPrice !== null || filters.maxPrice !== null) {
    const label = bucketLabel(filters.minPrice ?? 0, filters.maxPrice, currency)
    active.push({ label, without: { minPrice: null, maxPrice: null } })
  }
  if (filters.inStock) active.push({ label: 'In stock', without: { inStock: false } })
  return active
}
