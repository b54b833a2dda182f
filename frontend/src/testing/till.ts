// Stands in for both APIs from the checkout on: one quote, one order, and everything that was heard, in order. What the real
// ones answer is tested end to end in e2e/. Each test starts one and may make it slow, deaf or unwilling.
import { http, HttpResponse, type HttpHandler } from 'msw'
import type { OrderDocument, OrderSummary, Quote } from '../api/types'
import { contact, LINK, ORDER, order, quote, seller } from './orders'
import { checkoutSettings } from './settings'

export interface HeardCommand {
  method: string
  /** Below /api. */
  path: string
  key: string | null
  /** Of an order's link. */
  orderKey: string | null
  /** Of which version it is to be done alone. */
  ifMatch: string | null
  body: Record<string, unknown>
}

type Answer = (heard: HeardCommand) => Response | Promise<Response> | undefined

export interface Till {
  heard: HeardCommand[]
  quote: Quote
  /** Null: there is no such order. */
  order: OrderDocument | null
  orders: OrderSummary[]
  gateway: 'sandbox' | 'stripe'
  countries: string[]
  actionUrl: string | null
  /** Asked before each request: an answer replaces the till's own. */
  instead: Answer
  /** Asked after each command was carried out: an answer replaces the one that the till gave. */
  afterwards: Answer
  handlers: HttpHandler[]
  /** The commands to this path, in order. */
  commands: (path: RegExp) => HeardCommand[]
}

export function createTill(): Till {
  const receipts = new Map<string, Record<string, unknown>>()
  const till: Till = {
    heard: [],
    quote: quote(),
    order: order(),
    orders: [],
    gateway: 'sandbox',
    countries: ['DE', 'FR', 'NL'],
    actionUrl: null,
    instead: () => undefined,
    afterwards: () => undefined,
    handlers: [],
    commands: (path) => till.heard.filter((heard) => heard.method !== 'GET' && path.test(heard.path)),
  }

  const listen = async (request: Request): Promise<HeardCommand> => {
    const text = request.method === 'GET' ? '' : await request.text()
    const { pathname, search } = new URL(request.url)
    const heard = {
      method: request.method,
      path: `${pathname.replace('/api', '')}${search}`,
      key: request.headers.get('idempotency-key'),
      orderKey: request.headers.get('order-key'),
      ifMatch: request.headers.get('if-match'),
      body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
    }
    till.heard.push(heard)
    return heard
  }
  const asked = (path: string, answer: () => object | null | undefined) =>
    http.get(path, async ({ request }) => {
      const heard = await listen(request)
      const instead = await till.instead(heard)
      if (instead !== undefined) return instead
      const found = answer()
      return found === null || found === undefined
        ? HttpResponse.json(
            { type: '/problems/not-found', detail: 'There is nothing here.' },
            { status: 404 },
          )
        : HttpResponse.json(found)
    })
  const does = (
    method: 'post' | 'put' | 'delete',
    path: string,
    act: (body: Record<string, unknown>) => Record<string, unknown> | undefined = () => undefined,
    status = 201,
  ) =>
    http[method](path, async ({ request }) => {
      const heard = await listen(request)
      const instead = await till.instead(heard)
      if (instead !== undefined) return instead
      const before = receipts.get(heard.key ?? '')
      if (before !== undefined) return HttpResponse.json(before, { status })
      const answer = { id: ORDER, version: till.order?.version ?? 1, position: 1, ...act(heard.body) }
      if (heard.key !== null) receipts.set(heard.key, answer)
      return (await till.afterwards(heard)) ?? HttpResponse.json(answer, { status })
    })

  till.handlers = [
    does('post', '*/api/commands/session', () => ({}), 200),
    asked('*/api/commands/seller', () => seller),
    asked('*/api/commands/checkout-settings', () =>
      checkoutSettings({
        gateway: till.gateway,
        publishable_key: till.gateway === 'stripe' ? 'pk_test_1' : null,
        countries: till.countries,
      }),
    ),
    http.post('*/api/commands/carts/:id/quote', async ({ request }) => {
      const heard = await listen(request)
      const instead = await till.instead(heard)
      if (instead !== undefined) return instead
      const chosen = heard.body.shipping_option
      return HttpResponse.json({
        ...till.quote,
        shipping_option: typeof chosen === 'string' ? chosen : till.quote.shipping_option,
      })
    }),
    does('put', '*/api/commands/carts/:id/discount-code', undefined, 200),
    does('delete', '*/api/commands/carts/:id/discount-code', undefined, 200),
    does('post', '*/api/commands/carts/:id/checkout', () => ({ link: LINK })),
    does('post', '*/api/commands/orders/:id/payment-attempts', () => ({
      version: till.order?.payment_version ?? 1,
    })),
    asked('*/api/commands/orders/:id/payment-action', () =>
      till.actionUrl === null ? null : { url: till.actionUrl },
    ),
    does('post', '*/api/commands/orders/:id/payment-checks', undefined, 202),
    does('post', '*/api/commands/orders/:id/cancellation', undefined, 200),
    does('post', '*/api/commands/orders/:id/return-requests', undefined, 200),
    asked('*/api/commands/orders/:id/contact', () => contact),
    does('post', '*/api/commands/orders/:id/shipments'),
    does('post', '*/api/commands/orders/:id/shipments/:shipment/delivery', undefined, 200),
    does('post', '*/api/commands/orders/:id/refunds', () => ({ version: till.order?.payment_version ?? 1 })),
    does('post', '*/api/commands/orders/:id/return-decline', undefined, 200),
    does('post', '*/api/commands/sandbox/charges/:reference/authentication', undefined, 200),
    asked('*/api/queries/orders/:id', () => till.order),
    asked('*/api/queries/orders', () => ({ orders: till.orders, next: null })),
    asked('*/api/queries/requests/:id', () => null),
    asked('*/api/queries/staff/orders', () => ({ orders: till.orders, next: null })),
    asked('*/api/queries/products', () => ({
      items: [],
      total: 0,
      next: null,
      facets: { category: [], price: [], availability: [] },
    })),
  ]
  return till
}
