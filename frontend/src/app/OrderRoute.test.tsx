// Where an order's page meets the cart: what an order that is not to be paid gives back.
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { render, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import type { HttpHandler } from 'msw'
import { createMemoryRouter, RouterProvider, useLocation } from 'react-router'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { currentSession } from '../api/session'
import { CartProvider } from '../features/cart/CartProvider'
import { mug, OWNER } from '../features/cart/fixtures'
import { createRegistry } from '../testing/accounts'
import { TestEventSource } from '../testing/live'
import { LINK, ORDER, order, paid, payment } from '../testing/orders'
import { createShop, server, type TestShop } from '../testing/shop'
import { createTill, type Till } from '../testing/till'
import { OrderRoute } from './OrderRoute'

const SOMEBODY = '88888888-8888-4888-8888-888888888888'
const OTHER_ORDER = '99999999-9999-4999-8999-999999999999'

beforeAll(() => server.listen({ onUnhandledRequest: 'error' }))
beforeEach(() => vi.stubGlobal('EventSource', TestEventSource))
afterEach(() => {
  server.resetHandlers()
  TestEventSource.open = []
})
afterAll(() => server.close())

/** What the page for registering is handed to fill in. */
function Registering() {
  return <p>{`Registering ${(useLocation().state as { email: string } | null)?.email ?? 'nobody'}`}</p>
}

function visit(till: Till, shop: TestShop, session?: HttpHandler) {
  server.use(...(session === undefined ? [] : [session]), ...shop.handlers, ...till.handlers)
  const router = createMemoryRouter(
    [
      { path: '/orders/:id', Component: OrderRoute },
      { path: '/register', Component: Registering },
    ],
    { initialEntries: [LINK] },
  )
  render(
    <QueryClientProvider client={new QueryClient()}>
      <CartProvider>
        <RouterProvider router={router} />
      </CartProvider>
    </QueryClientProvider>,
  )
}

it('a cancelled order is put back into the cart with one press', async () => {
  const till = createTill()
  till.order = paid({ state: 'cancelled', cancel_reason: 'staff', payment: payment('refunded', 'captured') })
  const shop = createShop()
  visit(till, shop)
  await userEvent.click(await screen.findByRole('button', { name: 'Put everything back into the cart' }))
  await waitFor(() => expect(shop.lines).toMatchObject([{ sku: mug().sku, quantity: 2 }]))
  expect(await screen.findByText(/Everything is back in your cart/)).toBeVisible()
})

it('what the shop gave back by itself is not put back twice', async () => {
  const till = createTill()
  till.order = order({ state: 'cancelled', cancel_reason: 'customer', payment: payment('voided') })
  visit(till, createShop([mug(2)]))
  expect(await screen.findByText(/Everything is back in your cart/)).toBeVisible()
  expect(screen.queryByRole('button', { name: /Put everything back/ })).toBeNull()
})

it('an order that is not paid has the card form on its page', async () => {
  visit(createTill(), createShop())
  expect(await screen.findByRole('textbox', { name: 'Card number' })).toBeVisible()
  expect(screen.getByRole('button', { name: /^Pay 48\.90/ })).toBeVisible()
})

it('a guest is offered an account below the order, and comes back to it', async () => {
  const till = createTill()
  till.order = paid()
  visit(till, createShop())
  expect(await screen.findByRole('link', { name: 'Create an account' })).toHaveAttribute(
    'href',
    `/register?then=${encodeURIComponent(`/orders/${ORDER}`)}`,
  )
  // Not more than is kept: with another address, or one that is not confirmed, the order stays where it is.
  expect(screen.getByRole('region', { name: 'An account' })).toHaveTextContent(
    'Create an account with the e-mail address of this order and confirm it: then your orders are kept together.',
  )
  await screen.findByText(/We’ve e-mailed your confirmation/)
  await userEvent.click(screen.getByRole('link', { name: 'Create an account' }))
  expect(await screen.findByText('Registering ada@example.org')).toBeVisible()
})

it('whoever has an account is not offered another one', async () => {
  const till = createTill()
  till.order = paid()
  const [session] = createRegistry({ isSignedIn: true }).handlers
  visit(till, createShop(), session)
  expect(await screen.findByRole('heading', { level: 1 })).toBeVisible()
  await waitFor(() => expect(currentSession()?.account).toBeDefined())
  expect(screen.queryByRole('link', { name: 'Create an account' })).toBeNull()
})

it('an order of the shopper comes by the shopper’s own stream, and that of somebody else by its own', async () => {
  const till = createTill()
  till.order = paid({ customer: OWNER })
  visit(till, createShop())
  await screen.findByRole('heading', { level: 1 })
  const streams = () => TestEventSource.open.map(({ url }) => url)
  await waitFor(() => expect(streams()).toEqual(['/api/queries/live']))
  TestEventSource.say('order', paid({ customer: OWNER, id: OTHER_ORDER, version: 99, state: 'cancelled' }))
  TestEventSource.say('order', paid({ customer: OWNER, version: 98, state: 'delivered' }))
  expect(await screen.findByRole('heading', { level: 1, name: /delivered|arrived/i })).toBeVisible()
})

it('an order that was opened by somebody else’s link is followed by itself', async () => {
  const till = createTill()
  till.order = paid({ customer: SOMEBODY })
  visit(till, createShop())
  await screen.findByRole('heading', { level: 1 })
  const streams = () => TestEventSource.open.map(({ url }) => url).sort()
  await waitFor(() => expect(streams()).toEqual(['/api/queries/live', `/api/queries/orders/${ORDER}/live`]))
})
