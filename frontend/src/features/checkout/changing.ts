// Goes back from an order that is not paid into the checkout: it is cancelled only while it is not paid, and what was filled in is
// kept for the checkout. Called by ChangeOrder.tsx.
import { queryOptions } from '@tanstack/react-query'
import { commands, queries } from '../../api/client'
import { orderHeader } from '../../api/orderKey'
import { answerOf, ProblemError, problemOf, type Problem } from '../../api/problem'
import type { Contact, OrderDocument } from '../../api/types'
import { untilAnswered } from '../../api/untilAnswered'
import { noContact } from './contact'
import { keep, keepAttempt, nothingKept } from './kept'
import type { PayableOrder } from './paying'
import { whereTo } from './shopper'

/** How the order ended, or why it did not. */
export type Undone =
  /** Cancelled from here, and unpaid. */
  | { at: 'cancelled' }
  /** It had ended before: in another tab, or its time was over. */
  | { at: 'over' }
  /** It is paid, or about to be: then it stays. */
  | { at: 'paid' }
  | { at: 'refused'; problem: Problem }

/** An order at a quoted price has no cart that it could go back into. */
export function isQuotedQuery({ cart }: OrderDocument) {
  return queryOptions({
    queryKey: ['requests', 'is-one', cart],
    queryFn: async ({ signal }): Promise<boolean> => {
      const { response } = await queries.GET('/api/queries/requests/{id}', {
        params: { path: { id: cart } },
        signal,
      })
      return response.ok
    },
    staleTime: Infinity,
  })
}

/** Where it was to go; null where that was erased meanwhile. */
export async function contactOf({ id, key }: PayableOrder): Promise<Contact | null> {
  const { data, error, response } = await commands.GET('/api/commands/orders/{id}/contact', {
    params: { path: { id }, header: orderHeader(key) },
  })
  if (response.status === 404) return null
  return answerOf({ data, error, response })
}

/**
 * Cancels the order as it was shown. One that was paid in the same moment has another version by then, and stays; one that only
 * became an account's is cancelled as it is now.
 */
export async function cancelUnpaid(link: PayableOrder, version: number, key: string): Promise<Undone> {
  try {
    await cancelVersion(link, version, key)
    return { at: 'cancelled' }
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error
    const { problem } = error
    if (problem.slug === 'payment-in-progress') return { at: 'paid' }
    if (problem.status !== 412) return { at: 'refused', problem }
    const now = await orderNow(link, version + 1)
    if (now.state === 'cancelled') return { at: 'over' }
    if (now.state !== 'awaiting-payment' || now.version <= version) return { at: 'paid' }
    return cancelUnpaid(link, now.version, crypto.randomUUID())
  }
}

async function cancelVersion(
  { id, key: orderKey }: PayableOrder,
  version: number,
  key: string,
): Promise<void> {
  await untilAnswered(key, (sending) =>
    commands.POST('/api/commands/orders/{id}/cancellation', {
      params: {
        path: { id },
        header: { ...sending.headers, ...orderHeader(orderKey), 'If-Match': `"${version}"` },
      },
      ...sending,
    }),
  )
}

async function orderNow({ id, key }: PayableOrder, version: number): Promise<OrderDocument> {
  const { data, error, response } = await queries.GET('/api/queries/orders/{id}', {
    params: { path: { id }, header: orderHeader(key), query: { 'min-version': version } },
  })
  if (data === undefined) throw new ProblemError(problemOf(response, error))
  return data
}

/** The checkout finds everything filled in as it was ordered. `cart`: null where the items go into whichever there is. */
export function keepForCheckout(order: OrderDocument, contact: Contact | null, cart: string | null): void {
  const prices = order.lines.map(({ sku, unit_price }) => [sku, unit_price.minor] as const)
  keepAttempt(order.id, null)
  keep({
    ...nothingKept,
    cart,
    contact:
      contact === null
        ? { ...noContact, country: order.country }
        : { email: contact.email, ...whereTo({ ...contact, country: order.country }) },
    shippingOption: order.shipping_option,
    code: order.code,
    agreed: { prices: Object.fromEntries(prices), total: null },
  })
}
