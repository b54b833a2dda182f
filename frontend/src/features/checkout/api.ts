// Every request of the checkout: what the cart comes to, placing the order, starting to pay.
import { keepPreviousData, queryOptions, skipToken } from '@tanstack/react-query'
import { commands } from '../../api/client'
import { orderHeader } from '../../api/orderKey'
import { answerOf } from '../../api/problem'
import { currentSession, renewSession } from '../../api/session'
import type { CheckoutRequest, CommandAnswer, PlacedOrder, Quote } from '../../api/types'
import { untilAnswered } from '../../api/untilAnswered'

interface Answered<Answer> {
  response: Response
  data?: Answer
  error?: unknown
}

/**
 * A session that ended is begun again: the guest's cookie finds the cart. One that an account was signed out of is somebody else's now,
 * who has no such cart: then it is not asked again.
 */
async function withSession<Answer>(ask: () => Promise<Answered<Answer>>): Promise<Answered<Answer>> {
  const before = currentSession()
  const answered = await ask()
  if (answered.response.status !== 401) return answered
  const now = await renewSession()
  return before !== null && before.owner !== now.owner ? answered : ask()
}

export interface QuoteQuestion {
  cart: string | null
  /** Of the cart: another version is another question. */
  version: number
  country: string | null
  shippingOption: string | null
  /** What the live stream last said about the items in it. */
  stamp: string
  isSettled: boolean
}

export function quoteQuery({ cart, version, country, shippingOption, stamp, isSettled }: QuoteQuestion) {
  return queryOptions({
    queryKey: ['checkout', 'quote', cart, { version, country, shippingOption, stamp }],
    // Without a cart there is nothing to ask, also for whoever asks once more.
    queryFn:
      cart === null
        ? skipToken
        : async ({ signal }): Promise<Quote> =>
            answerOf(
              await withSession(() =>
                commands.POST('/api/commands/carts/{id}/quote', {
                  params: { path: { id: cart } },
                  body: {
                    country: country ?? '',
                    ...(shippingOption === null ? {} : { shipping_option: shippingOption }),
                  },
                  signal,
                }),
              ),
            ),
    enabled: cart !== null && country !== null && isSettled,
    placeholderData: keepPreviousData,
    staleTime: 0,
    refetchInterval: 30_000,
  })
}

export async function applyCode(cart: string, code: string): Promise<CommandAnswer> {
  return untilAnswered(crypto.randomUUID(), (sending) =>
    commands.PUT('/api/commands/carts/{id}/discount-code', {
      params: { path: { id: cart } },
      body: { code },
      ...sending,
    }),
  )
}

export async function removeCode(cart: string): Promise<CommandAnswer> {
  return untilAnswered(crypto.randomUUID(), (sending) =>
    commands.DELETE('/api/commands/carts/{id}/discount-code', {
      params: { path: { id: cart } },
      ...sending,
    }),
  )
}

export async function placeOrder(
  cart: string,
  key: string,
  request: CheckoutRequest,
  whileWaiting: () => void,
): Promise<PlacedOrder> {
  return untilAnswered(
    key,
    (sending) =>
      withSession(() =>
        commands.POST('/api/commands/carts/{id}/checkout', {
          params: { path: { id: cart }, header: sending.headers },
          body: request,
          ...sending,
        }),
      ),
    whileWaiting,
  )
}

export async function startAttempt(
  order: { id: string; key: string | null },
  key: string,
  paymentMethod: string,
  whileWaiting: () => void,
): Promise<CommandAnswer> {
  return untilAnswered(
    key,
    (sending) =>
      commands.POST('/api/commands/orders/{id}/payment-attempts', {
        params: {
          path: { id: order.id },
          header: { ...sending.headers, ...orderHeader(order.key) },
        },
        body: { payment_method: paymentMethod },
        ...sending,
      }),
    whileWaiting,
  )
}
