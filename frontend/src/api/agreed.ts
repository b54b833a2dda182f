// Routes of checkout, orders and payments in the shape of the generated files, until docs/openapi has them: then this
// file goes, and paths.ts names the generated ones alone. Known to paths.ts and to nothing else.

interface Money {
  minor: number
  currency: string
}

type Json<Body> = { content: { 'application/json': Body } }

interface Asks<Params, Answer> {
  parameters: Params
  requestBody?: never
  responses: { 200: { headers: Record<string, unknown> } & Json<Answer> }
}

interface Does<Params, Body, Answer = Accepted> {
  parameters: Params
  requestBody: Json<Body>
  responses: { 200: { headers: Record<string, unknown> } & Json<Answer> }
}

type None = { query?: never; header?: never; path?: never; cookie?: never }
type At<Path> = { query?: never; header?: never; path: Path; cookie?: never }
type ById = At<{ id: string }>
/** A shopper without the session of the order's customer shows the key of its link. */
type ByLink = { query?: { key?: string }; header?: never; path: { id: string }; cookie?: never }

interface Accepted {
  id: string
  version: number
  position: number
}

interface Totals {
  subtotal: Money
  discount: Money
  shipping: Money
  tax: Money
  /** In hundredths of a percent: 1900 is 19 %. */
  tax_rate: number
  tax_included: boolean
  total: Money
}

interface OrderLine {
  sku: string
  name: string
  quantity: number
  unit_price: Money
  line_total: Money
  discount: Money
}

interface Quote {
  lines: (OrderLine & {
    previous_price: Money | null
    trouble: null | { what: 'out-of-stock'; available: number } | { what: 'delisted' }
  })[]
  code: { code: string; refused: { problem: string; detail: string } | null } | null
  shipping_options: { id: string; name: string; takes: string; price: Money }[]
  shipping_option: string
  totals: Totals
}

interface Contact {
  email: string
  name: string
  line1: string
  line2?: string | null
  postal_code: string
  city: string
  region?: string | null
  phone?: string | null
}

type OrderState =
  'awaiting-payment' | 'confirmed' | 'partially-shipped' | 'shipped' | 'delivered' | 'cancelled'

type PaymentState =
  | 'none'
  | 'awaiting'
  | 'checking'
  | 'action-required'
  | 'paid'
  | 'partially-refunded'
  | 'refunded'
  | 'refund-failed'
  | 'voided'

type ReturnReason = 'damaged' | 'wrong_item' | 'not_as_described' | 'not_wanted'

interface OrderDocument {
  id: string
  version: number
  payment_version: number
  customer: string
  cart: string
  country: string
  state: OrderState
  cancel_reason: null | 'expired' | 'customer' | 'staff'
  return: null | { state: 'requested' | 'accepted' | 'declined'; reason: ReturnReason }
  lines: (OrderLine & { shipped: number })[]
  code: string | null
  shipping_option: string
  totals: Totals
  payment: {
    state: PaymentState
    attempts: {
      id: string
      state: 'started' | 'action-required' | 'capturing' | 'captured' | 'declined' | 'voiding' | 'voided'
      reason: string | null
    }[]
    captured: Money | null
    refunded: Money
    refunds: {
      id: string
      amount: Money
      state: 'requested' | 'refunded' | 'failed'
      reason: string | null
    }[]
  }
  shipments: {
    id: string
    lines: { sku: string; quantity: number }[]
    carrier: string
    tracking: string | null
    shipped_at: string
    delivered_at: string | null
  }[]
  timeline: { what: string; at: string }[]
  placed_at: string
  updated_at: string
}

interface OrderPage {
  orders: {
    id: string
    version: number
    state: OrderState
    payment_state: PaymentState
    total: Money
    item_count: number
    placed_at: string
    updated_at: string
  }[]
  next: string | null
}

interface Terms {
  discount: { percent: number } | { amount: Money }
  minimum: Money | null
  limit: number | null
  limit_per_customer: number | null
  expires_at: string | null
}

export interface AgreedCommands {
  '/api/commands/checkout-settings': {
    get: Asks<None, { gateway: 'sandbox' | 'stripe'; publishable_key: string | null; countries: string[] }>
  }
  '/api/commands/carts/{id}/discount-code': {
    put: Does<ById, { code: string }>
    delete: Asks<ById, Accepted>
  }
  '/api/commands/carts/{id}/quote': {
    post: Does<ById, { country: string; shipping_option?: string }, Quote>
  }
  '/api/commands/carts/{id}/checkout': {
    post: Does<
      ById,
      { contact: Contact; country: string; shipping_option: string; total: Money },
      Accepted & { link: string }
    >
  }
  '/api/commands/orders/{id}/payment-attempts': { post: Does<ByLink, { payment_method: string }> }
  '/api/commands/orders/{id}/payment-action': { get: Asks<ByLink, { url: string }> }
  '/api/commands/orders/{id}/payment-checks': { post: Asks<ByLink, unknown> }
  '/api/commands/orders/{id}/cancellation': { post: Does<ByLink, Record<string, never>> }
  '/api/commands/orders/{id}/return-requests': { post: Does<ByLink, { reason: ReturnReason }> }
  '/api/commands/orders/{id}/contact': { get: Asks<ByLink, Contact> }
  '/api/commands/orders/{id}/shipments': {
    post: Does<ById, { lines?: { sku: string; quantity: number }[]; carrier: string; tracking?: string }>
  }
  '/api/commands/orders/{id}/shipments/{shipment}/delivery': {
    post: Does<At<{ id: string; shipment: string }>, Record<string, never>>
  }
  '/api/commands/orders/{id}/refunds': { post: Does<ById, { amount?: Money }> }
  '/api/commands/orders/{id}/return-decline': { post: Does<ById, Record<string, never>> }
  '/api/commands/discount-codes': {
    get: Asks<
      None,
      { codes: (Terms & { code: string; version: number; enabled: boolean; redeemed: number })[] }
    >
    post: Does<None, { code: string } & Partial<Terms> & Pick<Terms, 'discount'>>
  }
  '/api/commands/discount-codes/{code}/disable': { post: Does<At<{ code: string }>, Record<string, never>> }
  '/api/commands/stock/{sku}': {
    get: Asks<
      At<{ sku: string }>,
      {
        sku: string
        version: number
        on_hand: number
        reserved: number
        available: number
        reservations: { order: string; quantity: number }[]
      }
    >
  }
  '/api/commands/sandbox/charges/{reference}/authentication': {
    post: Does<At<{ reference: string }>, { passed: boolean }, unknown>
  }
}

export interface AgreedQueries {
  '/api/queries/orders/{id}': {
    get: Asks<
      {
        query?: { key?: string; 'min-version'?: number; 'min-payment-version'?: number }
        header?: never
        path: { id: string }
        cookie?: never
      },
      OrderDocument
    >
  }
  '/api/queries/orders': {
    get: Asks<
      {
        query?: { limit?: number; cursor?: string; after?: string }
        header?: never
        path?: never
        cookie?: never
      },
      OrderPage
    >
  }
  '/api/queries/staff/orders': {
    get: Asks<
      {
        query?: { state?: OrderState | 'return-requested'; limit?: number; cursor?: string; after?: string }
        header?: never
        path?: never
        cookie?: never
      },
      OrderPage
    >
  }
}
