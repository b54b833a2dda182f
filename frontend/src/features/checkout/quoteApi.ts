// The requests of ordering at a quoted price. Called by QuoteCheckout.tsx.
import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { commands } from '../../api/client'
import { answerOf } from '../../api/problem'
import type { CheckoutRequest, PlacedOrder, Quote } from '../../api/types'
import { untilAnswered } from '../../api/untilAnswered'

/** A quote of a request, by both of their ids. */
export interface Offer {
  request: string
  quote: string
}

interface TotalQuestion extends Offer {
  country: string | null
  shippingOption: string | null
}

export function totalQuery({ request, quote, country, shippingOption }: TotalQuestion) {
  return queryOptions({
    queryKey: ['checkout', 'offer', request, quote, { country, shippingOption }],
    queryFn: async ({ signal }): Promise<Quote> =>
      answerOf(
        await commands.POST('/api/commands/requests/{id}/quotes/{quote}/total', {
          params: { path: { id: request, quote } },
          body: {
            country: country ?? '',
            ...(shippingOption === null ? {} : { shipping_option: shippingOption }),
          },
          signal,
        }),
      ),
    enabled: country !== null,
    placeholderData: keepPreviousData,
    staleTime: 0,
  })
}

/** The same once more answers with the same order. */
export function accept(key: string, { request, quote }: Offer, body: CheckoutRequest): Promise<PlacedOrder> {
  return untilAnswered(key, (sending) =>
    commands.POST('/api/commands/requests/{id}/quotes/{quote}/acceptance', {
      params: { path: { id: request, quote }, header: sending.headers },
      body,
      ...sending,
    }),
  )
}
