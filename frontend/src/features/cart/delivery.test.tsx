// What the cart says of tax and shipping, for the country of whoever looks at it.
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { act, render, screen, waitFor } from '@testing-library/react'
import { http, HttpResponse } from 'msw'
import { MemoryRouter } from 'react-router'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { rememberCountry } from '../../components/delivery/country'
import { ADA, home } from '../../testing/accounts'
import { TestEventSource } from '../../testing/live'
import { checkoutSettings } from '../../testing/settings'
import { createShop, problem, server, type TestShop } from '../../testing/shop'
import { CartPage } from './CartPage'
import { CartProvider } from './CartProvider'
import { eur, mug, OWNER } from './fixtures'

beforeAll(async () => {
  server.listen({ onUnhandledRequest: 'error' })
  await import('../../components/NumberStepper')
})
beforeEach(() => {
  vi.stubGlobal('EventSource', TestEventSource)
  speaks('de-DE')
})
afterEach(() => {
  server.resetHandlers()
  TestEventSource.open = []
})
afterAll(() => server.close())

const speaks = (...languages: string[]) => vi.spyOn(navigator, 'languages', 'get').mockReturnValue(languages)

const settings = checkoutSettings({
  countries: ['DE', 'NL', 'US'],
  taxes: {
    DE: { rate: 1900, included: true },
    NL: { rate: 2100, included: true },
    US: { rate: 725, included: false },
  },
})

function visit(shop: TestShop) {
  shop.settings = settings
  server.use(...shop.handlers)
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  render(
    <QueryClientProvider client={client}>
      <CartProvider>
        <MemoryRouter>
          <CartPage />
        </MemoryRouter>
      </CartProvider>
    </QueryClientProvider>,
  )
}

const isSaid = async (words: RegExp) =>
  waitFor(() => expect(screen.getByTestId('delivery-terms')).toHaveTextContent(words))

it('tax is included, and free shipping is so far away', async () => {
  visit(createShop([mug(2)]))
  await isSaid(
    /^Tax included\. Shipping to Germany 4,90 €, free from 60,00 €; you are 16,00 € away from it\.$/,
  )
  expect(screen.queryByText(/tax are added/)).toBeNull()
})

it('free shipping is counted at the prices of today', async () => {
  visit(createShop([mug(2)]))
  await isSaid(/16,00 € away/)
  const offer = { sku: mug().sku, availability: 'in-stock', available: 9, listed: true, version: 2 }
  act(() => TestEventSource.say('offers', { products: [{ ...offer, price: eur(3000) }] }))
  await isSaid(/^Tax included\. Shipping to Germany is free\.$/)
})

it('tax is added where it is', async () => {
  speaks('en-US')
  visit(createShop([mug(1)]))
  await isSaid(/^Tax is added at checkout\. Shipping to the United States/)
})

it('with a code, free shipping is not promised', async () => {
  const shop = createShop([mug(3)])
  shop.code = 'SPRING-10'
  visit(shop)
  await isSaid(/free from 60,00 € after the discount/)
})

it('where the checkout was told to send comes before the language', async () => {
  rememberCountry('NL')
  visit(createShop([mug(1)]))
  await isSaid(/Shipping to the Netherlands/)
})

it('so does the address book of the account', async () => {
  server.use(
    http.get('*/api/commands/account/addresses', () =>
      HttpResponse.json({ addresses: [{ ...home, country: 'US' }] }),
    ),
  )
  const shop = createShop([mug(1)])
  const account = { id: ADA, roles: ['shopper'], withheld_roles: [] }
  shop.handlers = [
    http.post('*/api/commands/session', () => HttpResponse.json({ owner: OWNER, account })),
    ...shop.handlers,
  ]
  visit(shop)
  await isSaid(/^Tax is added at checkout\./)
})

it('a shop that does not say is not guessed for', async () => {
  const shop = createShop([mug(1)])
  shop.handlers = [
    http.get('*/api/commands/checkout-settings', () => problem(400, 'broken', 'No.')),
    ...shop.handlers,
  ]
  visit(shop)
  await isSaid(/^Shipping and tax are shown before you pay\.$/)
})
