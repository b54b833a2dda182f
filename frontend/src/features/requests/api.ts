// Everything that shoppers ask and tell about requests. Called by the pages of this folder.
import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'
import { commands, queries } from '../../api/client'
import { newerRequest } from '../../api/newerRequest'
import { answerOf, ProblemError } from '../../api/problem'
import { renewSession } from '../../api/session'
import type {
  CommandAnswer,
  ListedRequest,
  NewRequest,
  Product,
  RequestDocument,
  RequestPage,
  SimilarRequest,
} from '../../api/types'
import { untilAnswered } from '../../api/untilAnswered'
import { toSearch, type Filters } from './filters'

export const PAGE_SIZE = 20
const SIMILAR = 5
const SIMILAR_PRODUCTS = 3
const PRODUCTS_TO_CHOOSE = 6

export const requestKey = (id: string) => ['requests', 'one', id] as const
/** The lists, of which each has summaries in its pages. */
export const listsKey = ['requests', 'list'] as const

export async function readRequest(
  id: string,
  version?: number,
  signal?: AbortSignal,
): Promise<RequestDocument | null> {
  const answered = await queries.GET('/api/queries/requests/{id}', {
    params: { path: { id }, query: version === undefined ? {} : { 'min-version': version } },
    ...(signal === undefined ? {} : { signal }),
  })
  // A request that is not there, or not for whoever asks: that is an answer.
  const { status } = answered.response
  return status === 404 || status === 400 ? null : answerOf(answered)
}

export function requestQuery(id: string) {
  return queryOptions({
    queryKey: requestKey(id),
    queryFn: async ({ client, signal, queryKey }) => {
      const arrived = await readRequest(id, undefined, signal)
      const held = client.getQueryData<RequestDocument | null>(queryKey)
      return arrived === null ? null : newerRequest(held, arrived)
    },
    staleTime: 0,
  })
}

export function requestsQuery(filters: Filters) {
  const looked = toSearch(filters)
  return infiniteQueryOptions({
    queryKey: [...listsKey, 'all', looked],
    queryFn: async ({ pageParam, signal }): Promise<RequestPage> =>
      answerOf(
        await queries.GET('/api/queries/requests', {
          params: {
            query: { ...looked, limit: PAGE_SIZE, ...(pageParam === null ? {} : { cursor: pageParam }) },
          },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
    staleTime: 0,
  })
}

export function ownRequestsQuery() {
  return infiniteQueryOptions({
    queryKey: [...listsKey, 'own'],
    queryFn: async ({ pageParam, signal }): Promise<RequestPage> =>
      answerOf(
        await queries.GET('/api/queries/requests/mine', {
          params: { query: { limit: PAGE_SIZE, ...(pageParam === null ? {} : { cursor: pageParam }) } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    staleTime: 0,
  })
}

/** Those that wait for one product; there is one at most. */
export function waitingQuery(sku: string) {
  return queryOptions({
    queryKey: ['requests', 'waiting', sku],
    queryFn: async ({ signal }): Promise<ListedRequest | null> => {
      const page = answerOf(
        await queries.GET('/api/queries/requests', {
          params: { query: { sku, kind: 'back_in_stock', limit: 1 } },
          signal,
        }),
      )
      return page.requests[0] ?? null
    },
    staleTime: 0,
  })
}

export function similarRequestsQuery(title: string) {
  return queryOptions({
    queryKey: ['requests', 'similar', title],
    queryFn: async ({ signal }): Promise<SimilarRequest[]> =>
      answerOf(
        await queries.GET('/api/queries/requests/similar', {
          params: { query: { title, limit: SIMILAR } },
          signal,
        }),
      ).requests,
    placeholderData: keepPreviousData,
  })
}

export function similarProductsQuery(title: string) {
  return queryOptions({
    queryKey: ['products', 'similar', title],
    queryFn: async ({ signal }): Promise<Product[]> => {
      const query = { title, limit: SIMILAR_PRODUCTS }
      return answerOf(await queries.GET('/api/queries/products/similar', { params: { query }, signal })).items
    },
    placeholderData: keepPreviousData,
  })
}

export function productsToChooseQuery(q: string) {
  return queryOptions({
    queryKey: ['products', 'to-choose', q],
    queryFn: async ({ signal }): Promise<Product[]> => {
      const query = { q, limit: PRODUCTS_TO_CHOOSE }
      return answerOf(await queries.GET('/api/queries/products', { params: { query }, signal })).items
    },
    placeholderData: keepPreviousData,
  })
}

/** Signed out here by another device: the page learns whose session it has now, and asks to sign in. */
async function asCustomer(
  key: string,
  send: Parameters<typeof untilAnswered<CommandAnswer>>[1],
): Promise<CommandAnswer> {
  try {
    return await untilAnswered(key, send)
  } catch (error) {
    if (error instanceof ProblemError && error.problem.status === 401) renewSession().catch(() => {})
    throw error
  }
}

export function submit(key: string, body: NewRequest): Promise<CommandAnswer> {
  return asCustomer(key, (sending) => commands.POST('/api/commands/requests', { body, ...sending }))
}

export function support(key: string, id: string): Promise<CommandAnswer> {
  return asCustomer(key, (sending) =>
    commands.PUT('/api/commands/requests/{id}/support', { params: { path: { id } }, ...sending }),
  )
}

export function withdrawSupport(key: string, id: string): Promise<CommandAnswer> {
  return asCustomer(key, (sending) =>
    commands.DELETE('/api/commands/requests/{id}/support', { params: { path: { id } }, ...sending }),
  )
}

export function follow(key: string, id: string): Promise<CommandAnswer> {
  return asCustomer(key, (sending) =>
    commands.PUT('/api/commands/requests/{id}/subscription', { params: { path: { id } }, ...sending }),
  )
}

export function unfollow(key: string, id: string): Promise<CommandAnswer> {
  return asCustomer(key, (sending) =>
    commands.DELETE('/api/commands/requests/{id}/subscription', { params: { path: { id } }, ...sending }),
  )
}

export function comment(key: string, id: string, text: string): Promise<CommandAnswer> {
  return asCustomer(key, (sending) =>
    commands.POST('/api/commands/requests/{id}/comments', {
      params: { path: { id } },
      body: { text },
      ...sending,
    }),
  )
}

export function cancel(key: string, id: string): Promise<CommandAnswer> {
  return asCustomer(key, (sending) =>
    commands.POST('/api/commands/requests/{id}/cancellation', { params: { path: { id } }, ...sending }),
  )
}

export function declineQuote(key: string, id: string, quote: string): Promise<CommandAnswer> {
  return asCustomer(key, (sending) =>
    commands.POST('/api/commands/requests/{id}/quotes/{quote}/decline', {
      params: { path: { id, quote } },
      ...sending,
    }),
  )
}

export function renegotiate(key: string, id: string, quote: string, text: string): Promise<CommandAnswer> {
  return asCustomer(key, (sending) =>
    commands.POST('/api/commands/requests/{id}/quotes/{quote}/renegotiation', {
      params: { path: { id, quote } },
      body: { text },
      ...sending,
    }),
  )
}
