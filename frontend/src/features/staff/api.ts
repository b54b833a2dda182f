// Every request of staff, by the session of their account. What is read after a command is read of its version at least.
import { infiniteQueryOptions, queryOptions, type QueryClient } from '@tanstack/react-query'
import { commands, queries } from '../../api/client'
import { newerOrder } from '../../api/newerOrder'
import { answerOf, ProblemError } from '../../api/problem'
import { renewSession } from '../../api/session'
import type {
  AuditPage,
  CommandAnswer,
  Contact,
  DiscountCode,
  Money,
  NewDiscountCode,
  OrderDocument,
  OrderPage,
  Product,
  StaffOrderFilter,
  Stock,
} from '../../api/types'
import { untilAnswered } from '../../api/untilAnswered'
import { startOf } from './dates'
import type { AdjustmentReason } from './words'

const PAGE_SIZE = 50
const LIST_EVERY_MS = 10_000
const ORDER_EVERY_MS = 5_000

/** Why staff are refused; null where it is about something else. */
export function refusal(error: unknown): 'forbidden' | 'unknown' | null {
  if (!(error instanceof ProblemError)) return null
  const { status } = error.problem
  return status === 403 ? 'forbidden' : status === 401 ? 'unknown' : null
}

async function orders(
  query: { state?: StaffOrderFilter; limit: number; cursor?: string },
  signal: AbortSignal,
): Promise<OrderPage> {
  return answerOf(
    await queries.GET('/api/queries/staff/orders', {
      params: { query },
      signal,
    }),
  )
}

/** Days are of the browser's time zone, and the last one counts whole. */
export function auditQuery({
  by,
  subject,
  from,
  to,
}: {
  by: string
  subject: string
  from: string
  to: string
}) {
  return infiniteQueryOptions({
    queryKey: ['staff', 'audit', by, subject, from, to],
    queryFn: async ({ pageParam, signal }): Promise<AuditPage> => {
      const first = startOf(from)?.toISOString()
      const end = startOf(to, 1)?.toISOString()
      const query = {
        ...(by === '' ? {} : { by }),
        ...(subject === '' ? {} : { subject }),
        ...(first === undefined ? {} : { from: first }),
        ...(end === undefined ? {} : { to: end }),
        ...(pageParam === null ? {} : { before: pageParam }),
      }
      return answerOf(await commands.GET('/api/commands/audit', { params: { query }, signal }))
    },
    initialPageParam: null as number | null,
    getNextPageParam: (page) => page.next ?? null,
  })
}

/** What a request is called; null where it has no title or is not for this account. */
export function titleQuery(id: string) {
  return queryOptions({
    queryKey: ['staff', 'title', id],
    queryFn: async ({ signal }): Promise<string | null> => {
      const answered = await queries.GET('/api/queries/requests/{id}', { params: { path: { id } }, signal })
      return answered.response.status === 404 ? null : answerOf(answered).title
    },
    staleTime: Infinity,
  })
}

export function ordersQuery(state: StaffOrderFilter | null) {
  return infiniteQueryOptions({
    queryKey: ['staff', 'orders', state],
    queryFn: ({ pageParam, signal }) =>
      orders(
        {
          limit: PAGE_SIZE,
          ...(state === null ? {} : { state }),
          ...(pageParam === null ? {} : { cursor: pageParam }),
        },
        signal,
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    staleTime: 0,
    refetchInterval: LIST_EVERY_MS,
  })
}

export interface AtLeast {
  version?: number
  paymentVersion?: number
}

export async function readOrder(
  id: string,
  { version, paymentVersion }: AtLeast,
): Promise<OrderDocument | null> {
  const answered = await queries.GET('/api/queries/orders/{id}', {
    params: {
      path: { id },
      query: {
        ...(version === undefined ? {} : { 'min-version': version }),
        ...(paymentVersion === undefined ? {} : { 'min-payment-version': paymentVersion }),
      },
    },
  })
  return answered.response.status === 404 ? null : answerOf(answered)
}

export const orderKey = (id: string) => ['staff', 'order', id] as const

export function orderQuery(id: string) {
  return queryOptions({
    queryKey: orderKey(id),
    queryFn: async ({ client, queryKey }) => {
      const arrived = await readOrder(id, {})
      if (arrived !== null) {
        return newerOrder(client.getQueryData<OrderDocument | null>(queryKey), arrived)
      }
      // Whoever lost the role is answered the same. Once the session is asked for, StaffShell.tsx says which of the two it is.
      await renewSession()
      return null
    },
    staleTime: 0,
    refetchInterval: ({ state }) => (state.data === null ? false : ORDER_EVERY_MS),
  })
}

/** A command was answered: the order is shown of that version, however far the views are. */
export async function showOrder(client: QueryClient, id: string, atLeast: AtLeast): Promise<void> {
  void client.invalidateQueries({ queryKey: ['staff', 'orders'] })
  const now = await readOrder(id, atLeast).catch(() => null)
  if (now === null) return client.invalidateQueries({ queryKey: orderKey(id) })
  client.setQueryData<OrderDocument | null>(orderKey(id), (held) => newerOrder(held, now))
}

export function contactQuery(id: string) {
  return queryOptions({
    queryKey: ['staff', 'contact', id],
    queryFn: async (): Promise<Contact> =>
      answerOf(
        await commands.GET('/api/commands/orders/{id}/contact', {
          params: { path: { id } },
        }),
      ),
    staleTime: Infinity,
  })
}

export interface Parcel {
  /** Each by its quantity, also where it is all that is left: what is left may be something else by the time. */
  lines: { sku: string; quantity: number }[]
  carrier: string
  tracking: string
}

export function ship(id: string, key: string, { lines, carrier, tracking }: Parcel): Promise<CommandAnswer> {
  return untilAnswered(key, (sending) =>
    commands.POST('/api/commands/orders/{id}/shipments', {
      params: { path: { id } },
      body: { carrier, ...(tracking === '' ? {} : { tracking }), lines },
      ...sending,
      // It arrives though the page is closed.
      keepalive: true,
    }),
  )
}

export function deliver(id: string, key: string, shipment: string): Promise<CommandAnswer> {
  return untilAnswered(key, (sending) =>
    commands.POST('/api/commands/orders/{id}/shipments/{shipment}/delivery', {
      params: { path: { id, shipment } },
      ...sending,
      keepalive: true,
    }),
  )
}

/** Without an amount: all that is left. */
export function refund(id: string, key: string, amount: Money | null): Promise<CommandAnswer> {
  return untilAnswered(key, (sending) =>
    commands.POST('/api/commands/orders/{id}/refunds', {
      params: { path: { id }, header: sending.headers },
      body: amount === null ? {} : { amount },
      ...sending,
    }),
  )
}

export function declineReturn(id: string, key: string): Promise<CommandAnswer> {
  return untilAnswered(key, (sending) =>
    commands.POST('/api/commands/orders/{id}/return-decline', {
      params: { path: { id } },
      ...sending,
    }),
  )
}

export function cancel(id: string, key: string): Promise<CommandAnswer> {
  return untilAnswered(key, (sending) =>
    commands.POST('/api/commands/orders/{id}/cancellation', {
      params: { path: { id } },
      ...sending,
    }),
  )
}

export function codesQuery() {
  return queryOptions({
    queryKey: ['staff', 'codes'],
    queryFn: async ({ signal }): Promise<DiscountCode[]> =>
      answerOf(await commands.GET('/api/commands/discount-codes', { signal })).codes,
    staleTime: 0,
    refetchInterval: LIST_EVERY_MS,
  })
}

export function createCode(key: string, code: NewDiscountCode): Promise<CommandAnswer> {
  return untilAnswered(key, (sending) =>
    commands.POST('/api/commands/discount-codes', { body: code, ...sending }),
  )
}

export function disableCode(key: string, code: string): Promise<CommandAnswer> {
  return untilAnswered(key, (sending) =>
    commands.POST('/api/commands/discount-codes/{code}/disable', {
      params: { path: { code } },
      ...sending,
    }),
  )
}

export function stockQuery(sku: string) {
  return queryOptions({
    queryKey: ['staff', 'stock', sku],
    queryFn: async ({ signal }): Promise<Stock | null> => {
      const answered = await commands.GET('/api/commands/stock/{sku}', {
        params: { path: { sku } },
        signal,
      })
      const { status } = answered.response
      return status === 404 || status === 400 || status === 422 ? null : answerOf(answered)
    },
    enabled: sku !== '',
    staleTime: 0,
    refetchInterval: ORDER_EVERY_MS,
  })
}

/** Null: there is no such thing, whatever its stock is said to be. */
export function productQuery(sku: string) {
  return queryOptions({
    queryKey: ['staff', 'product', sku],
    queryFn: async ({ signal }): Promise<Product | null> => {
      const answered = await queries.GET('/api/queries/products/{sku}', { params: { path: { sku } }, signal })
      const { status } = answered.response
      return status === 404 || status === 400 ? null : answerOf(answered)
    },
    enabled: sku !== '',
    // It may have been listed a moment ago.
    refetchInterval: ({ state }) => (state.data === null ? ORDER_EVERY_MS : false),
  })
}

export function skusQuery() {
  return queryOptions({
    queryKey: ['staff', 'skus'],
    queryFn: async ({ signal }) =>
      answerOf(
        await queries.GET('/api/queries/products', {
          params: { query: { limit: 100, sort: 'name' } },
          signal,
        }),
      ).items.map(({ sku, name }) => ({ sku, name })),
  })
}

export function receive(key: string, sku: string, quantity: number): Promise<CommandAnswer> {
  return untilAnswered(key, (sending) =>
    commands.POST('/api/commands/stock/{sku}/receipts', {
      params: { path: { sku } },
      body: { quantity },
      ...sending,
    }),
  )
}

export function adjust(
  key: string,
  sku: string,
  change: { delta: number; reason: AdjustmentReason },
): Promise<CommandAnswer> {
  return untilAnswered(key, (sending) =>
    commands.POST('/api/commands/stock/{sku}/adjustments', {
      params: { path: { sku } },
      body: change,
      ...sending,
    }),
  )
}
