// The products behind the lines of a cart or an order: their pictures, and what they cost and whether they are there now.
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { queries } from './client'
import { ProblemError, problemOf } from './problem'
import type { Product } from './types'

export function useProducts(skus: string[]): Map<string, Product> {
  const sorted = [...skus].sort()
  const { data } = useQuery({
    queryKey: ['products', 'by-sku', sorted],
    queryFn: async () => {
      const {
        data: page,
        error,
        response,
      } = await queries.GET('/api/queries/products', {
        params: { query: { sku: sorted, limit: 100 } },
      })
      if (page === undefined) throw new ProblemError(problemOf(response, error))
      return page.items
    },
    enabled: sorted.length > 0,
    placeholderData: keepPreviousData,
  })
  return new Map((data ?? []).map((product) => [product.sku, product]))
}
