// Stands in for the two APIs in component tests: carts in memory, behind the same requests. What the real ones answer is
// tested end to end in e2e/. Each test starts one and may make it slow, deaf or unwilling.
import { http, HttpResponse, type HttpHandler } from 'msw'
import { setupServer } from 'msw/node'
import type { CartDocument, CheckoutSettings } from '../api/types'
import { CART, OWNER, cartDocument, lamp, mug } from '../features/cart/fixtures'
import type { Wish } from '../features/cart/cartState'
import { checkoutSettings } from './settings'

const goods = [mug(), lamp()]

export interface Heard {
  method: string
  cart: string
  path: string
  key: string | null
  body: unknown
}

type Answer = (heard: Heard) => Response | Promise<Response> | undefined

export interface TestShop {
  /** Every command about lines that reached the shop, in order. */
  heard: Heard[]
  lines: Wish[]
  version: number
  /** The current cart; another one is opened when this one became an order. */
  cart: string
  state: CartDocument['state']
  code: string | null
  /** What the cart became, while it is checked out. */
  order: string | null
  settings: CheckoutSettings
  /** Asked before each command: an answer replaces the shop's own. */
  instead: Answer
  /** Asked after each command was carried out: an answer replaces the one that the shop gave. */
  afterwards: Answer
  document: () => CartDocument
  handlers: HttpHandler[]
}

export function problem(
  status: number,
  slug: string,
  detail: string,
  headers: Record<string, string> = {},
): Response {
  return new HttpResponse(JSON.stringify({ type: `/problems/${slug}`, title: slug, status, detail }), {
    status,
    headers: { 'content-type': 'application/problem+json', ...headers },
  })
}

export function createShop(lines: Wish[] = []): TestShop {
  const receipts = new Map<string, { id: string; version: number; position: number }>()
  let opened = lines.length > 0

  const shop: TestShop = {
    heard: [],
    lines,
    version: lines.length + 1,
    cart: CART,
    state: 'open',
    code: null,
    order: null,
    settings: checkoutSettings(),
    instead: () => undefined,
    afterwards: () => undefined,
    document: () => ({
      ...cartDocument(shop.version, shop.lines, shop.cart),
      state: shop.state,
      code: shop.code,
      order: shop.order,
    }),
    handlers: [],
  }

  const carryOut = async (
    request: Request,
    cart: unknown,
    path: string,
    change: (body: { [name: string]: unknown }) => void,
  ) => {
    const text = await request.text()
    const body = text === '' ? {} : (JSON.parse(text) as { [name: string]: unknown })
    const key = request.headers.get('idempotency-key')
    const heard = { method: request.method, cart: String(cart), path, key, body }
    shop.heard.push(heard)
    const instead = await shop.instead(heard)
    if (instead !== undefined) return instead
    const before = receipts.get(key ?? '')
    if (before !== undefined)
      return HttpResponse.json(before, { headers: { 'idempotency-replayed': 'true' } })
    change(body)
    shop.version += 1
    const answer = { id: shop.cart, version: shop.version, position: shop.version }
    if (key !== null) receipts.set(key, answer)
    return (await shop.afterwards(heard)) ?? HttpResponse.json(answer)
  }

  shop.handlers = [
    http.post('*/api/commands/session', () => HttpResponse.json({ owner: OWNER })),
    http.get('*/api/commands/checkout-settings', () => HttpResponse.json(shop.settings)),
    http.post('*/api/commands/carts', () => {
      opened = true
      if (shop.state === 'checked-out') {
        shop.cart = `${CART.slice(0, -1)}${Number(CART.slice(-1)) + 1}`
        shop.lines = []
        shop.version = 1
      }
      if (shop.state === 'expired') shop.version += 1
      shop.state = 'open'
      return HttpResponse.json({ id: shop.cart, version: shop.version, position: 1 }, { status: 201 })
    }),
    http.post('*/api/commands/carts/:id/lines', ({ request, params }) =>
      carryOut(request, params.id, 'lines', ({ lines: added }) => {
        for (const { sku, quantity } of added as { sku: string; quantity: number }[]) {
          const held = shop.lines.find((line) => line.sku === sku)
          const good = goods.find((one) => one.sku === sku)
          if (held !== undefined) held.quantity += quantity
          else if (good !== undefined) shop.lines = [...shop.lines, { ...good, quantity }]
        }
      }),
    ),
    http.delete('*/api/commands/carts/:id/lines', ({ request, params }) =>
      carryOut(request, params.id, 'lines', () => {
        shop.lines = []
      }),
    ),
    http.put('*/api/commands/carts/:id/lines/:sku', ({ request, params }) =>
      carryOut(request, params.id, `lines/${String(params.sku)}`, ({ quantity }) => {
        shop.lines = shop.lines.map((line) =>
          line.sku === params.sku ? { ...line, quantity: Number(quantity) } : line,
        )
      }),
    ),
    http.delete('*/api/commands/carts/:id/lines/:sku', ({ request, params }) =>
      carryOut(request, params.id, `lines/${String(params.sku)}`, () => {
        shop.lines = shop.lines.filter((line) => line.sku !== params.sku)
      }),
    ),
    http.get('*/api/queries/carts/current', () =>
      opened ? HttpResponse.json(shop.document()) : new HttpResponse(null, { status: 204 }),
    ),
    http.get('*/api/queries/carts/:id', () => HttpResponse.json(shop.document())),
    http.get('*/api/queries/products', () =>
      HttpResponse.json({
        items: [],
        total: 0,
        next: null,
        facets: { category: [], price: [], availability: [] },
      }),
    ),
  ]
  return shop
}

export const server = setupServer()
