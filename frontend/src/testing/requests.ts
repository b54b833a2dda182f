// Stands in for both APIs as far as requests go: those that there are, one inbox, and everything that was heard, in order.
// What the real ones answer is tested end to end in e2e/. Each test starts one and may make it slow, deaf or unwilling.
import { http, HttpResponse, type HttpHandler } from 'msw'
import type { Inbox, ListedRequest, Product, RequestDocument } from '../api/types'
import { ADA, GUEST } from './accounts'
import { eur } from './orders'
import type { HeardCommand } from './till'

export const REQUEST = '01a20520-0000-7000-8000-0000000000c1'
export const OTHER = '01a20520-0000-7000-8000-0000000000c2'
export const QUOTE = '01a20520-0000-7000-8000-0000000000d1'

export function request(more: Partial<RequestDocument> = {}): RequestDocument {
  return {
    id: REQUEST,
    version: 3,
    kind: 'missing_product',
    state: 'submitted',
    title: 'A mug for the left hand',
    sku: null,
    quantity: null,
    supporters: 4,
    followers: 3,
    comments: 0,
    hidden: false,
    created_at: '2026-03-01T10:00:00Z',
    updated_at: '2026-03-01T10:00:00Z',
    duplicate_of: null,
    description: null,
    link: null,
    quote: null,
    order: null,
    decline_reason: null,
    renegotiation: null,
    timeline: [{ what: 'RequestSubmitted', at: '2026-03-01T10:00:00Z' }],
    thread: [],
    you: { customer: false, supports: false, follows: false },
    ...more,
  }
}

/** One's own, for 500 mugs, as it was offered. */
export function quoted(more: Partial<RequestDocument> = {}): RequestDocument {
  return request({
    kind: 'quote',
    state: 'quoted',
    title: null,
    sku: mug.sku,
    quantity: 500,
    supporters: 1,
    you: { customer: true, supports: true, follows: true },
    quote: { id: QUOTE, unit_price: eur(1700), quantity: 500, expires_at: '2999-01-01T00:00:00Z' },
    ...more,
  })
}

export const mug: Product = {
  sku: 'KIT-MUG-STONE',
  name: 'Morning mug',
  description: 'A mug.',
  category: 'kitchen',
  picture: null,
  price: eur(2200),
  previous_price: null,
  listed: true,
  listed_at: '2026-01-01T00:00:00Z',
  updated_at: '2026-01-01T00:00:00Z',
  available: 0,
  availability: 'out-of-stock',
  back_in_stock_at: null,
  version: 1,
}

export interface Desk {
  heard: HeardCommand[]
  isSignedIn: boolean
  roles: string[]
  requests: RequestDocument[]
  products: Product[]
  inbox: Inbox
  /** Asked before each request: an answer replaces the desk's own. */
  instead: (heard: HeardCommand) => Response | Promise<Response> | undefined
  handlers: HttpHandler[]
  /** What was asked to be done, in order, without what it was done with. */
  done: () => string[]
}

/** `change` is what a command does to the request that it names. */
type Change = (held: RequestDocument, body: Record<string, unknown>) => Partial<RequestDocument>

export function createDesk({ isSignedIn = true, roles = ['shopper'] } = {}): Desk {
  const desk: Desk = {
    heard: [],
    isSignedIn,
    roles,
    requests: [],
    products: [mug],
    inbox: { unread: 0, notices: [] },
    instead: () => undefined,
    handlers: [],
    done: () =>
      desk.heard
        .filter(({ method, path }) => method !== 'GET' && !path.endsWith('/session'))
        .map(({ method, path }) => `${method} ${path.replace('/commands', '')}`),
  }

  const on = (
    method: 'get' | 'post' | 'put' | 'delete',
    path: string,
    answer: (asked: { body: Record<string, unknown>; query: URLSearchParams; id: string }) => Response,
  ) =>
    http[method](`*/api${path}`, async ({ request: sent, params }) => {
      const text = sent.method === 'GET' ? '' : await sent.text()
      const { pathname, search, searchParams } = new URL(sent.url)
      const body = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>)
      const heard = {
        method: sent.method,
        path: `${pathname.replace('/api', '')}${search}`,
        key: sent.headers.get('idempotency-key'),
        orderKey: sent.headers.get('order-key'),
        ifMatch: null,
        body,
      }
      desk.heard.push(heard)
      const instead = await desk.instead(heard)
      return instead ?? answer({ body, query: searchParams, id: String(params.id) })
    })
  const seen = (held: RequestDocument) => (desk.isSignedIn ? held : { ...held, you: null })
  const accepted = ({ id, version }: RequestDocument, status = 200) =>
    HttpResponse.json({ id, version, position: version }, { status })
  const changing = (method: 'post' | 'put' | 'delete', path: string, change: Change) =>
    on(method, `/commands/requests/:id${path}`, ({ id, body }) => {
      desk.requests = desk.requests.map((held) =>
        held.id === id ? { ...held, ...change(held, body), version: held.version + 1 } : held,
      )
      return accepted(desk.requests.find((held) => held.id === id) ?? request())
    })
  const you = (held: RequestDocument, more: Partial<NonNullable<RequestDocument['you']>>) => ({
    ...(held.you ?? { customer: false, supports: false, follows: false }),
    ...more,
  })
  const page = (requests: ListedRequest[]) => {
    const states: Record<string, number> = {}
    for (const { state } of requests) states[state] = (states[state] ?? 0) + 1
    return HttpResponse.json({ requests, next: null, total: requests.length, states })
  }

  desk.handlers = [
    on('post', '/commands/session', () =>
      HttpResponse.json(
        desk.isSignedIn
          ? { owner: ADA, account: { id: ADA, roles: desk.roles, withheld_roles: [] } }
          : { owner: GUEST, account: null },
      ),
    ),
    on('get', '/commands/inbox', () => HttpResponse.json(desk.inbox)),
    on('put', '/commands/inbox/read', () => {
      desk.inbox = { unread: 0, notices: desk.inbox.notices.map((one) => ({ ...one, read: true })) }
      return new HttpResponse(null, { status: 204 })
    }),
    on('post', '/commands/requests', ({ body }) => {
      const made = request({
        kind: body.kind as RequestDocument['kind'],
        title: (body.title as string | undefined) ?? null,
        sku: (body.sku as string | undefined) ?? null,
        version: 1,
        supporters: 1,
        you: { customer: true, supports: true, follows: true },
      })
      desk.requests = [made, ...desk.requests]
      return accepted(made, 201)
    }),
    changing('put', '/support', (held) => ({
      supporters: held.supporters + 1,
      you: you(held, { supports: true }),
    })),
    changing('delete', '/support', (held) => ({
      supporters: held.supporters - 1,
      you: you(held, { supports: false }),
    })),
    changing('put', '/subscription', (held) => ({ you: you(held, { follows: true }) })),
    changing('delete', '/subscription', (held) => ({ you: you(held, { follows: false }) })),
    changing('post', '/comments', (held, { text }) => ({
      thread: [
        ...held.thread,
        { id: `comment ${held.thread.length}`, by: 'shopper', text: String(text), at: held.updated_at },
      ],
    })),
    changing('post', '/cancellation', () => ({ state: 'cancelled' })),
    changing('post', '/quotes/:quote/decline', () => ({ state: 'quote_declined' })),
    changing('post', '/quotes/:quote/renegotiation', (_, { text }) => ({
      state: 'renegotiating',
      renegotiation: String(text),
    })),
    changing('put', '/stage', (_, { stage }) => ({ state: stage as RequestDocument['state'] })),
    changing('post', '/decline', (_, { reason }) => ({ state: 'declined', decline_reason: String(reason) })),
    changing('put', '/product', (_, { sku }) => ({ sku: String(sku) })),
    changing('put', '/duplicate-of', (_, { request: of }) => ({
      state: 'duplicate',
      duplicate_of: String(of),
    })),
    changing('put', '/hiding', () => ({ hidden: true })),
    changing('delete', '/hiding', () => ({ hidden: false })),
    changing('post', '/quotes', (_, { unit_price, quantity }) => ({
      state: 'quoted',
      quote: {
        id: QUOTE,
        unit_price: unit_price as { minor: number; currency: string },
        quantity: Number(quantity),
        expires_at: '2999-01-01T00:00:00Z',
      },
    })),
    on('get', '/commands/requests/:id/customer', () =>
      HttpResponse.json({ email: 'ada@example.org', confirmed: false }),
    ),
    on('get', '/commands/stock/:sku', () =>
      HttpResponse.json({ sku: mug.sku, on_hand: 500, reserved: 20, available: 480, reservations: [] }),
    ),
    on('get', '/queries/requests/similar', () =>
      HttpResponse.json({ requests: desk.requests.map((held) => ({ ...seen(held), score: 0.5 })) }),
    ),
    on('get', '/queries/requests/mine', () => page(desk.requests.map(seen))),
    on('get', '/queries/requests/:id', ({ id }) => {
      const found = desk.requests.find((held) => held.id === id)
      return found === undefined
        ? HttpResponse.json({ type: '/problems/request-not-found' }, { status: 404 })
        : HttpResponse.json(seen(found))
    }),
    on('get', '/queries/requests', ({ query }) => {
      const states = query.getAll('state')
      const found = desk.requests.filter(
        ({ state, kind, sku }) =>
          (states.length === 0 || states.includes(state)) &&
          (query.get('kind') ?? kind) === kind &&
          (query.get('sku') ?? sku) === sku,
      )
      return page(found.map(seen))
    }),
    on('get', '/queries/products/similar', () => HttpResponse.json({ items: desk.products })),
    on('get', '/queries/products', () =>
      HttpResponse.json({
        items: desk.products,
        total: desk.products.length,
        next: null,
        facets: { category: [], price: [], availability: [] },
      }),
    ),
  ]
  return desk
}
