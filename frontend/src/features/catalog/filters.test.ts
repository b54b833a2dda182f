import { describe, expect, it } from 'vitest'
import {
  changed,
  countActive,
  filtersToParams,
  noFilters,
  parseFilters,
  sortShown,
  toSearch,
} from './filters'
import { activeFilters, bucketLabel } from './labels'

const parsed = (query: string) => parseFilters(new URLSearchParams(query))

describe('the address of a selection', () => {
  it('says everything that was chosen and comes back the same', () => {
    const filters = {
      q: 'small mug',
      category: 'kitchen',
      minPrice: 1000,
      maxPrice: 2499,
      inStock: true,
      sort: 'price-asc' as const,
      pages: 3,
    }
    expect(parseFilters(filtersToParams(filters))).toEqual(filters)
  })

  it.each(['kitchen2', '2026', 'a-b'])('names every category that a product may be in: %s', (category) => {
    expect(parsed(`category=${category}`)).toEqual({ ...noFilters, category })
  })

  it('is the same however the parts were ordered', () => {
    const one = filtersToParams(parsed('sort=name&q=mug&category=desk'))
    const other = filtersToParams(parsed('category=desk&q=mug&sort=name'))
    expect(one.toString()).toBe(other.toString())
  })

  it('leaves out what is usual', () => {
    expect(filtersToParams(noFilters).toString()).toBe('')
  })

  it.each([
    'sort=stolen',
    'min-price=-4',
    'max-price=1e9',
    'category=../../etc',
    'in-stock=maybe',
    'pages=0',
  ])('with nonsense in it (%s) is read as if that were not there', (query) => {
    expect(parsed(query)).toEqual(noFilters)
  })
})

describe('a change', () => {
  it('begins at the first page again', () => {
    expect(changed({ ...noFilters, pages: 4 }, { inStock: true })).toMatchObject({ inStock: true, pages: 1 })
  })

  it('of the number of pages keeps the rest', () => {
    expect(changed({ ...noFilters, q: 'mug' }, { pages: 2 })).toMatchObject({ q: 'mug', pages: 2 })
  })
})

describe('what is asked of the server', () => {
  it('is the newest first, and what fits best when something is searched for', () => {
    expect(sortShown(noFilters)).toBe('newest')
    expect(sortShown({ ...noFilters, q: 'mug' })).toBe('relevance')
    expect(sortShown({ ...noFilters, q: 'mug', sort: 'name' })).toBe('name')
  })

  it('names only the filters that are set', () => {
    expect(toSearch({ ...noFilters, q: ' mug ', minPrice: 0 })).toEqual({
      currency: 'EUR',
      sort: 'relevance',
      q: 'mug',
      'min-price': 0,
    })
  })
})

describe('filters in words', () => {
  it.each([
    [0, 999, 'Under 10\u00a0€'],
    [1000, 2499, '10\u00a0€ to 25\u00a0€'],
    [1050, 2000, '10.5\u00a0€ to 20\u00a0€'],
    [20000, null, '200\u00a0€ and more'],
  ])('from %i to %s: %s', (from, to, label) => {
    expect(bucketLabel(from, to, 'EUR')).toBe(label)
  })

  it('each chosen one can be taken away alone', () => {
    const filters = { ...noFilters, q: 'mug', category: 'desk', maxPrice: 999 }
    expect(activeFilters(filters, 'EUR').map(({ label }) => label)).toEqual([
      '“mug”',
      'Desk',
      'Under 10\u00a0€',
    ])
    const last = activeFilters(filters, 'EUR').at(-1)
    expect(changed(filters, last?.without ?? {})).toMatchObject({
      q: 'mug',
      category: 'desk',
      maxPrice: null,
    })
    expect(countActive(filters)).toBe(3)
  })
})
