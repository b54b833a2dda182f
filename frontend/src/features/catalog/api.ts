// Every question the catalogue asks. Called by its pages, and by app/routes.tsx to ask while a page's code still loads.
import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'
import { queries } from '../../api/client'
import { ProblemError, problemOf } from '../../api/problem'
import type { Product, ProductPage, ProductSearch } from '../../api/types'
import { SHOP_CURRENCY } from '../../components/money'
import { toSearch, type Filters } from './filters'

export const PAGE_SIZE = 24
const RELATED = 4
const HOME_LIMIT = 100

async function search(query: ProductSearch, signal: AbortSignal): Promise<ProductPage> {
  const { data, error, response } = await queries.GET('/api/queries/products', { params: { query }, signal })
  if (data === undefined) throw new ProblemError(problemOf(response, error))
  return data
}

export function catalogueQuery(filters: Filters) {
  const looked = toSearch(filters)
  return infiniteQueryOptions({
    queryKey: ['products', 'list', looked],
    queryFn: ({ pageParam, signal }) =>
      search({ ...looked, limit: PAGE_SIZE, ...(pageParam === null ? {} : { cursor: pageParam }) }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
  })
}

export function productQuery(sku: string) {
  return queryOptions({
    queryKey: ['products', 'one', sku],
    queryFn: async ({ signal }): Promise<Product | null> => {
      const { data, error, response } = await queries.GET('/api/queries/products/{sku}', {
        params: { path: { sku } },
        signal,
      })
      // An address that names nothing, or cannot be a product's, is an answer and no failure.
      if (response.status === 404 || response.status === 400) return null
      if (data === undefined) throw new ProblemError(problemOf(response, error))
      return data
    },
  })
}

export function relatedQuery({ sku, category }: Pick<Product, 'sku' | 'category'>) {
  return queryOptions({
    queryKey: ['products', 'related', category],
    queryFn: ({ signal }) =>
      search(
        {
          currency: SHOP_CURRENCY,
          category: [category],
          'in-stock': true,
          sort: 'newest',
          limit: RELATED * 3,
        },
        signal,
      ),
    select: ({ items }) => items.filter((other) => other.sku !== sku).slice(0, RELATED),
  })
}

/** One answer feeds the whole home page: what is new and what came back, of what can be had. */
export function homeQuery() {
  return queryOptions({
    queryKey: ['products', 'home'],
    queryFn: ({ signal }) =>
      search({ currency: SHOP_CURRENCY, 'in-stock': true, sort: 'newest', limit: HOME_LIMIT }, signal),
  })
}
