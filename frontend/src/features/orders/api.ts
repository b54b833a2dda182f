// Every request about orders that are placed. Called by the pages of this folder.
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { commands, queries } from '../../api/client'
import { orderHeader } from '../../api/orderKey'
import { ProblemError, problemOf } from '../../api/problem'
import type { CommandAnswer, Contact, OrderDocument, OrderPage, ReturnReason } from '../../api/types'
import { untilAnswered } from '../../api/untilAnswered'

const PAGE_SIZE = 20

/** The order, and the key of its link where the session alone does not open it. */
export interface OrderLink {
  id: string
  key: string | null
}

/** What the page has been told of already: nothing older is shown. */
export interface AtLeast {
  version?: number
  paymentVersion?: number
}

export async function readOrder(
  link: OrderLink,
  { version, paymentVersion }: AtLeast,
  signal?: AbortSignal,
): Promise<OrderDocument | null> {
  const { data, error, response } = await queries.GET('/api/queries/orders/{id}', {
    params: {
      path: { id: link.id },
      header: orderHeader(link.key),
      query: {
        ...(version === undefined ? {} : { 'min-version': version }),
        ...(paymentVersion === undefined ? {} : { 'min-payment-version': paymentVersion }),
      },
    },
    ...(signal === undefined ? {} : { signal }),
  })
  // An order that is not there, or not for whoever asks: that is an answer.
  if (response.status === 404 || response.status === 400) return null
  if (data === undefined) throw new ProblemError(problemOf(response, error))
  return data
}

export const orderKey = ({ id, key }: OrderLink) => ['orders', 'one', id, key] as const

export function contactQuery(link: OrderLink) {
  return queryOptions({
    queryKey: ['orders', 'contact', link.id, link.key],
    queryFn: async ({ signal }): Promise<Contact> => {
      const { data, error, response } = await commands.GET('/api/commands/orders/{id}/contact', {
        params: { path: { id: link.id }, header: orderHeader(link.key) },
        signal,
      })
      if (data === undefined) throw new ProblemError(problemOf(response, error))
      return data
    },
    staleTime: Infinity,
  })
}

export function ownOrdersQuery() {
  return infiniteQueryOptions({
    queryKey: ['orders', 'own'],
    queryFn: async ({ pageParam, signal }): Promise<OrderPage> => {
      const { data, error, response } = await queries.GET('/api/queries/orders', {
        params: { query: { limit: PAGE_SIZE, ...(pageParam === null ? {} : { cursor: pageParam }) } },
        signal,
      })
      // Nobody has ordered anything without a session.
      if (response.status === 401) return { orders: [], next: null }
      if (data === undefined) throw new ProblemError(problemOf(response, error))
      return data
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    staleTime: 0,
  })
}

/** Where the bank asks the shopper to confirm; null when it does not ask any more. */
export async function paymentAction(link: OrderLink): Promise<string | null> {
  const { data, error, response } = await commands.GET('/api/commands/orders/{id}/payment-action', {
    params: { path: { id: link.id }, header: orderHeader(link.key) },
  })
  if (response.status === 404) return null
  if (data === undefined) throw new ProblemError(problemOf(response, error))
  return data.url
}

/** Back from the bank: the shop looks at once instead of waiting to be told. Harmless to repeat, and to lose. */
export async function checkPayment(link: OrderLink): Promise<void> {
  await commands.POST('/api/commands/orders/{id}/payment-checks', {
    params: { path: { id: link.id }, header: orderHeader(link.key) },
  })
}

export async function cancelOrder(link: OrderLink, key: string): Promise<CommandAnswer> {
  return untilAnswered(key, (sending) =>
    commands.POST('/api/commands/orders/{id}/cancellation', {
      params: { path: { id: link.id }, header: orderHeader(link.key) },
      ...sending,
    }),
  )
}

export async function askForReturn(
  link: OrderLink,
  key: string,
  reason: ReturnReason,
): Promise<CommandAnswer> {
  return untilAnswered(key, (sending) =>
    commands.POST('/api/commands/orders/{id}/return-requests', {
      params: { path: { id: link.id }, header: orderHeader(link.key) },
      body: { reason },
      ...sending,
    }),
  )
}

/** Whoever has read the order by its key has a cookie that opens this: a live stream can be asked for with no header. */
export function liveAddress(id: string): string {
  return `/api/queries/orders/${encodeURIComponent(id)}/live`
}
