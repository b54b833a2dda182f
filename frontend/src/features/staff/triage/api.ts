// What staff ask and tell about requests. Called by the board and its panel.
import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'
import { commands, queries } from '../../../api/client'
import { newerRequest } from '../../../api/newerRequest'
import { answerOf, problemOf } from '../../../api/problem'
import type {
  CommandAnswer,
  ListedRequest,
  Money,
  Product,
  RequestCustomer,
  RequestDocument,
  RequestKind,
  RequestPage,
  RequestState,
} from '../../../api/types'
import { untilAnswered } from '../../../api/untilAnswered'
import type { Move } from './columns'

const PAGE_SIZE = 20
const FOUND = 6
const BOARD_EVERY_MS = 10_000
const REQUEST_EVERY_MS = 5_000

export const boardKey = ['staff', 'requests'] as const
export const requestKey = (id: string) => ['staff', 'request', id] as const

interface ColumnQuestion {
  states: RequestState[]
  q: string
  kind: RequestKind | null
}

/** `after` says which answered commands the column has to know already. */
export function columnQuery({ states, q, kind }: ColumnQuestion, after: () => string | null) {
  return infiniteQueryOptions({
    queryKey: [...boardKey, states.join(), { q, kind }],
    queryFn: async ({ pageParam, signal }): Promise<RequestPage> => {
      const known = after()
      return answerOf(
        await queries.GET('/api/queries/requests', {
          params: {
            query: {
              state: states,
              sort: 'support',
              limit: PAGE_SIZE,
              ...(q === '' ? {} : { q }),
              ...(kind === null ? {} : { kind }),
              ...(pageParam === null ? {} : { cursor: pageParam }),
              ...(known === null ? {} : { after: known }),
            },
          },
          signal,
        }),
      )
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
    staleTime: 0,
    refetchInterval: BOARD_EVERY_MS,
  })
}

export async function readRequest(id: string, version?: number): Promise<RequestDocument | null> {
  const answered = await queries.GET('/api/queries/requests/{id}', {
    params: { path: { id }, query: version === undefined ? {} : { 'min-version': version } },
  })
  const { status } = answered.response
  return status === 404 || status === 400 ? null : answerOf(answered)
}

/** Null: the account was erased. */
export function customerQuery(id: string) {
  return queryOptions({
    queryKey: ['staff', 'request customer', id],
    queryFn: async ({ signal }): Promise<RequestCustomer | null> => {
      const answered = await commands.GET('/api/commands/requests/{id}/customer', {
        params: { path: { id } },
        signal,
      })
      const isErased =
        answered.response.status === 404 &&
        problemOf(answered.response, answered.error).slug === 'customer-erased'
      return isErased ? null : answerOf(answered)
    },
    staleTime: Infinity,
  })
}

export function requestQuery(id: string) {
  return queryOptions({
    queryKey: requestKey(id),
    queryFn: async ({ client, queryKey }) => {
      const arrived = await readRequest(id)
      const held = client.getQueryData<RequestDocument | null>(queryKey)
      return arrived === null ? null : newerRequest(held, arrived)
    },
    staleTime: 0,
    refetchInterval: REQUEST_EVERY_MS,
  })
}

/** What the same may have been asked for as: by the words that are typed, or else by a title that is alike. */
export function originalsQuery({ kind, title }: ListedRequest, q: string) {
  return queryOptions({
    queryKey: ['staff', 'originals', kind, title, q],
    queryFn: async ({ signal }): Promise<ListedRequest[]> => {
      if (q === '') {
        const query = { title: title ?? '', limit: FOUND }
        return answerOf(await queries.GET('/api/queries/requests/similar', { params: { query }, signal }))
          .requests
      }
      const query = { q, kind, limit: FOUND }
      return answerOf(await queries.GET('/api/queries/requests', { params: { query }, signal })).requests
    },
    placeholderData: keepPreviousData,
  })
}

/** Products by words that are typed, or else by a title that their names are like. */
export function productsQuery(q: string, title: string) {
  return queryOptions({
    queryKey: ['products', 'to-link', q, title],
    queryFn: async ({ signal }): Promise<Product[]> => {
      if (q === '') {
        const query = { title, limit: FOUND }
        return answerOf(await queries.GET('/api/queries/products/similar', { params: { query }, signal }))
          .items
      }
      const query = { q, limit: FOUND }
      return answerOf(await queries.GET('/api/queries/products', { params: { query }, signal })).items
    },
    enabled: q !== '' || title !== '',
    placeholderData: keepPreviousData,
  })
}

export function move(key: string, id: string, to: Exclude<Move, 'declined'>): Promise<CommandAnswer> {
  return untilAnswered(key, (sending) =>
    commands.PUT('/api/commands/requests/{id}/stage', {
      params: { path: { id } },
      body: { stage: to },
      ...sending,
    }),
  )
}

export function decline(key: string, id: string, reason: string): Promise<CommandAnswer> {
  return untilAnswered(key, (sending) =>
    commands.POST('/api/commands/requests/{id}/decline', {
      params: { path: { id } },
      body: { reason },
      ...sending,
    }),
  )
}

export function linkProduct(key: string, id: string, sku: string): Promise<CommandAnswer> {
  return untilAnswered(key, (sending) =>
    commands.PUT('/api/commands/requests/{id}/product', {
      params: { path: { id } },
      body: { sku },
      ...sending,
    }),
  )
}

export function markDuplicate(key: string, id: string, of: string): Promise<CommandAnswer> {
  return untilAnswered(key, (sending) =>
    commands.PUT('/api/commands/requests/{id}/duplicate-of', {
      params: { path: { id } },
      body: { request: of },
      ...sending,
    }),
  )
}

export function hide(key: string, id: string): Promise<CommandAnswer> {
  return untilAnswered(key, (sending) =>
    commands.PUT('/api/commands/requests/{id}/hiding', {
      params: { path: { id } },
      ...sending,
    }),
  )
}

export function restore(key: string, id: string): Promise<CommandAnswer> {
  return untilAnswered(key, (sending) =>
    commands.DELETE('/api/commands/requests/{id}/hiding', {
      params: { path: { id } },
      ...sending,
    }),
  )
}

export function comment(key: string, id: string, text: string): Promise<CommandAnswer> {
  return untilAnswered(key, (sending) =>
    commands.POST('/api/commands/requests/{id}/comments', {
      params: { path: { id } },
      body: { text },
      ...sending,
    }),
  )
}

export interface Offered {
  unit_price: Money
  quantity: number
  days: number
}

export function offerQuote(key: string, id: string, offered: Offered): Promise<CommandAnswer> {
  return untilAnswered(key, (sending) =>
    commands.POST('/api/commands/requests/{id}/quotes', {
      params: { path: { id } },
      body: offered,
      ...sending,
    }),
  )
}
