// Stands in for what only staff ask: discount codes and stock. Together with a till it is everything behind /staff.
import { http, HttpResponse, type HttpHandler } from 'msw'
import type { DiscountCode, Stock } from '../api/types'
import { problem } from './shop'
import type { HeardCommand } from './till'

export interface BackOffice {
  heard: HeardCommand[]
  codes: DiscountCode[]
  stock: Stock | null
  instead: (heard: HeardCommand) => Response | Promise<Response> | undefined
  handlers: HttpHandler[]
}

export const spring: DiscountCode = {
  code: 'SPRING-10',
  version: 1,
  discount: { percent: 10 },
  minimum: null,
  limit: 100,
  limit_per_customer: 1,
  expires_at: null,
  enabled: true,
  redeemed: 7,
}

export function createBackOffice(): BackOffice {
  const office: BackOffice = {
    heard: [],
    codes: [],
    stock: {
      sku: 'KIT-MUG-STONE',
      version: 3,
      on_hand: 12,
      reserved: 2,
      available: 10,
      reservations: [{ order: '01a20520-0000-7000-8000-0000000000aa', quantity: 2 }],
    },
    instead: () => undefined,
    handlers: [],
  }

  const listen = async (request: Request): Promise<Response | undefined> => {
    const text = request.method === 'GET' ? '' : await request.text()
    const heard = {
      method: request.method,
      path: new URL(request.url).pathname.replace('/api', ''),
      key: request.headers.get('idempotency-key'),
      orderKey: null,
      ifMatch: null,
      body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
    }
    office.heard.push(heard)
    return office.instead(heard)
  }
  const asked = (path: string, answer: () => object | null) =>
    http.get(path, async ({ request }) => {
      const instead = await listen(request)
      const found = answer()
      return (
        instead ??
        (found === null ? problem(404, 'not-found', 'There is no such thing.') : HttpResponse.json(found))
      )
    })
  const done = (path: string) =>
    http.post(
      path,
      async ({ request }) =>
        (await listen(request)) ?? HttpResponse.json({ id: 'x', version: 2, position: 2 }, { status: 201 }),
    )

  office.handlers = [
    asked('*/api/commands/discount-codes', () => ({ codes: office.codes })),
    done('*/api/commands/discount-codes'),
    done('*/api/commands/discount-codes/:code/disable'),
    asked('*/api/commands/stock/:sku', () => office.stock),
    done('*/api/commands/stock/:sku/receipts'),
    done('*/api/commands/stock/:sku/adjustments'),
  ]
  return office
}
