// Who sells, as the shop's settings say it. Asked for by receipts and by the pages that name the seller.
import { queryOptions } from '@tanstack/react-query'
import { commands } from '../api/client'
import { answerOf } from '../api/problem'
import type { Seller } from '../api/types'

export function sellerQuery() {
  return queryOptions({
    queryKey: ['seller'],
    queryFn: async ({ signal }): Promise<Seller> =>
      answerOf(await commands.GET('/api/commands/seller', { signal })),
    staleTime: Infinity,
  })
}
