// How the shop takes money, where it sends, and what it adds to its prices: the same for everybody. Called by the cart, the
// product page, the checkout and the card form.
import { queryOptions } from '@tanstack/react-query'
import { commands } from './client'
import { answerOf } from './problem'
import type { CheckoutSettings } from './types'

export function settingsQuery() {
  return queryOptions({
    queryKey: ['checkout-settings'],
    queryFn: async ({ signal }): Promise<CheckoutSettings> =>
      answerOf(await commands.GET('/api/commands/checkout-settings', { signal })),
    staleTime: Infinity,
  })
}
