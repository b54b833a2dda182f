// The audit.
import { screen, within } from '@testing-library/react'
import { http, HttpResponse } from 'msw'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { AuditEntry } from '../../api/types'
import { problem, server } from '../../testing/shop'
import { changesInWords, deedInWords, valueInWords } from './auditWords'
import { press, visit } from './testing'

beforeAll(() => server.listen({ onUnhandledRequest: 'error' }))
afterEach(() => server.resetHandlers())
afterAll(() => server.close())

const priced: AuditEntry = {
  position: 42,
  at: '2026-11-02T10:30:00Z',
  account: '0198c5a2-0000-7000-8000-000000000000',
  email: 'grace@example.org',
  event: 'product.PriceChanged',
  id: 'KIT-MUG',
  payload: { price: { minor: 1990, currency: 'EUR' } } as never,
  changes: [{ field: 'price.minor', before: 1450 as never, after: 1990 as never }],
}
const received: AuditEntry = {
  ...priced,
  position: 41,
  account: null,
  email: null,
  event: 'stock-item.StockReceived',
  changes: null,
}
const gone: AuditEntry = { ...priced, position: 40, email: null }

/** Two pages. */
const audit = http.get('*/api/commands/audit', ({ request }) =>
  new URL(request.url).searchParams.get('before') === '41'
    ? HttpResponse.json({ entries: [gone], next: null })
    : HttpResponse.json({ entries: [priced, received], next: 41 }),
)

describe('the audit', () => {
  it('says who did what, with before and after, page by page', async () => {
    visit('/staff/audit', [audit], { roles: ['ops'] })
    const row = await screen.findByRole('row', { name: /Product: price changed/ })
    expect(row).toHaveTextContent('KIT-MUG')
    expect(row).toHaveTextContent('price 14.50 € → 19.90 €')
    expect(row).toHaveTextContent('grace@example.org')
    expect(within(row).getByText(/^2 November at/)).toBeVisible()
    const stock = screen.getByRole('row', { name: /Stock item: stock received/ })
    expect(stock).toHaveTextContent('The staff token')
    expect(within(stock).getByText(/Too much has happened/)).toBeVisible()
    await press('Show earlier entries')
    expect(await screen.findByText('An account that is gone')).toBeVisible()
    expect(screen.queryByRole('button', { name: 'Show earlier entries' })).toBeNull()
  })

  it('says that there is nothing, and that it did not load', async () => {
    let isDown = true
    const empty = http.get('*/api/commands/audit', () =>
      isDown ? problem(500, 'internal', 'No.') : HttpResponse.json({ entries: [], next: null }),
    )
    visit('/staff/audit', [empty], { roles: ['ops'] })
    expect(await screen.findByRole('alert')).toHaveTextContent('The audit did not load')
    isDown = false
    await press('Try again')
    expect(await screen.findByText('Staff have not done anything yet.')).toBeVisible()
  })
})

describe('its words', () => {
  it.each([
    ['product.PriceChanged', 'Product: price changed'],
    ['order.OrderShipped', 'Order: shipped'],
    ['discount-code.DiscountCodeDisabled', 'Discount code: disabled'],
  ])('%s is %s', (event, words) => expect(deedInWords(event)).toBe(words))

  const quoted = {
    Quoted: { quantity: 5, quote: 'q-1', unit_price: { minor: 1000, currency: 'EUR' } },
  }

  it('a state is named, with the price in it, and is never cut', () => {
    const [change] = changesInWords([{ field: 'stage', before: 'Submitted', after: quoted }], {})
    expect(change).toEqual({
      field: 'stage',
      before: 'Submitted',
      after: 'Quoted (quantity 5, quote q-1, unit price 10.00\u00a0€)',
    })
    const many = { Quoted: Object.fromEntries([...'abcdefghijklmnop'].map((name) => [name, 'long enough'])) }
    expect(valueInWords(many)).toContain('p long enough')
  })

  it('an amount and its currency are one price, as far as both are known', () => {
    const minor = { field: 'stage.Quoted.unit_price.minor', before: 1000, after: 900 }
    const currency = { field: 'stage.Quoted.unit_price.currency', before: 'USD', after: 'EUR' }
    const price = 'stage.Quoted.unit_price'
    expect(changesInWords([currency, minor], {})).toEqual([
      { field: price, before: '10.00\u00a0$', after: '9.00\u00a0€' },
    ])
    expect(changesInWords([minor], { terms: { unit_price: { minor: 900, currency: 'JPY' } } })).toEqual([
      { field: price, before: '1,000\u00a0¥', after: '900\u00a0¥' },
    ])
    expect(changesInWords([minor], {})).toEqual([{ field: `${price}.minor`, before: '1000', after: '900' }])
    const listed = [
      { field: 'price.currency', before: null, after: 'EUR' },
      { field: 'price.minor', before: null, after: 1000 },
    ]
    expect(changesInWords(listed, {})).toEqual([{ field: 'price', before: 'nothing', after: '10.00\u00a0€' }])
  })

  it('a value is shown as it is, and not for ever', () => {
    expect(valueInWords(null)).toBe('nothing')
    expect(valueInWords('')).toBe('nothing')
    expect(valueInWords(['a'])).toBe('a')
    expect(valueInWords('x'.repeat(200))).toHaveLength(80)
  })
})
