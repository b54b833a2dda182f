// Small orders and quotes for the tests of checkout, orders and staff.
import type { Contact, OrderDocument, OrderSummary, Quote, Seller } from '../api/types'

export const ORDER = '01a20520-0000-7000-8000-0000000000aa'
export const KEY = 'k'.repeat(43)
export const LINK = `/orders/${ORDER}#key=${KEY}`

export const eur = (minor: number) => ({ minor, currency: 'EUR' })

export const seller: Seller = {
  name: 'Lovelace & Daughters',
  address: ['Quay 1', '9000 Ghent', 'Belgium'],
  vat_id: 'BE0123456789',
  email: 'hello@lovelace.example',
  phone: '+32 9 123 45 67',
}

export const contact: Contact = {
  email: 'ada@example.org',
  name: 'Ada Lovelace',
  line1: 'Lindenstraße 12',
  postal_code: '10969',
  city: 'Berlin',
}

export function totals(subtotal: number, shipping = 490): Quote['totals'] {
  const total = subtotal + shipping
  return {
    subtotal: eur(subtotal),
    discount: eur(0),
    shipping: eur(shipping),
    tax: eur(Math.round((total * 19) / 119)),
    tax_rate: 1900,
    tax_included: true,
    total: eur(total),
  }
}

export function quotedMug(more: Partial<Quote['lines'][number]> = {}): Quote['lines'][number] {
  return {
    sku: 'KIT-MUG-STONE',
    name: 'Morning mug',
    quantity: 2,
    unit_price: eur(2200),
    line_total: eur(4400),
    discount: eur(0),
    previous_price: null,
    trouble: null,
    ...more,
  }
}

export function quote(more: Partial<Quote> = {}): Quote {
  return {
    lines: [quotedMug()],
    code: null,
    shipping_options: [
      { id: 'standard', name: 'Standard', takes: '2 to 4 days', price: eur(490) },
      { id: 'express', name: 'Express', takes: 'next day', price: eur(1290) },
    ],
    shipping_option: 'standard',
    totals: totals(4400),
    unpayable: null,
    ...more,
  }
}

export function order(more: Partial<OrderDocument> = {}): OrderDocument {
  return {
    id: ORDER,
    version: 1,
    payment_version: 1,
    customer: '11111111-1111-4111-8111-111111111111',
    cart: '01a20520-0000-7000-8000-000000000001',
    country: 'DE',
    state: 'awaiting-payment',
    cancel_reason: null,
    return: null,
    lines: [
      {
        sku: 'KIT-MUG-STONE',
        name: 'Morning mug',
        quantity: 2,
        unit_price: eur(2200),
        line_total: eur(4400),
        discount: eur(0),
        shipped: 0,
      },
    ],
    code: null,
    shipping_option: 'standard',
    totals: totals(4400),
    payment: { state: 'awaiting', attempts: [], captured: null, refunded: eur(0), refunds: [] },
    shipments: [],
    timeline: [{ what: 'OrderPlaced', at: '2026-03-01T10:00:00Z' }],
    placed_at: '2026-03-01T10:00:00Z',
    updated_at: '2026-03-01T10:00:00Z',
    ...more,
  }
}

/** A payment whose last attempt came out like this. */
export function payment(
  state: OrderDocument['payment']['state'],
  attempt: OrderDocument['payment']['attempts'][number]['state'] | null = null,
  reason: string | null = null,
): OrderDocument['payment'] {
  return {
    state,
    attempts: attempt === null ? [] : [{ id: 'attempt-1', state: attempt, reason }],
    captured: state === 'paid' || state === 'partially-refunded' || state === 'refunded' ? eur(4890) : null,
    refunded: eur(0),
    refunds: [],
  }
}

export const paid = (more: Partial<OrderDocument> = {}) =>
  order({ state: 'confirmed', version: 2, payment_version: 5, payment: payment('paid', 'captured'), ...more })

export const parcel = (more: Partial<OrderDocument['shipments'][number]> = {}) => ({
  id: 'shipment-1',
  lines: [{ sku: 'KIT-MUG-STONE', quantity: 1 }],
  carrier: 'DHL',
  tracking: '00340434161094',
  shipped_at: '2026-03-02T10:00:00Z',
  delivered_at: null,
  ...more,
})

export function summary(more: Partial<OrderSummary> = {}): OrderSummary {
  return {
    id: ORDER,
    version: 1,
    state: 'confirmed',
    payment_state: 'paid',
    total: eur(4890),
    item_count: 2,
    placed_at: '2026-03-01T10:00:00Z',
    updated_at: '2026-03-01T10:00:00Z',
    ...more,
  }
}
