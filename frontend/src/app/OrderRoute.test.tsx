// Where an order's page meets the cart: what an order that is not to be paid gives back.
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { render, screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { http, type HttpHandler } from 'msw'
import { createMemoryRouter, RouterProvider, useLocation } from 'react-router'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { currentSession } from '../api/session'
import { CartProvider } from '../features/cart/CartProvider'
import { lamp, mug, OWNER } from '../features/cart/fixtures'
import { createRegistry } from '../testing/accounts'
import { TestEventSource } from '../testing/live'
import { KEY, LINK, ORDER, order, paid, payment } from '../testing/orders'
import { createShop, problem, server, type TestShop } from '../testing/shop'
import { createTill, type Till } from '../testing/till'
import { CheckoutRoute } from './CheckoutRoute'
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
      { path: '/checkout/:step', Component: CheckoutRoute },
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
  return router
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

describe('changing an order that is not paid', () => {
  const change = () => screen.findByRole('button', { name: 'Change your order' })
  const cancellations = (till: Till) => till.commands(/cancellation/)

  /** Declined, to be sent by Express; its cart is given back when it is cancelled. */
  function declined() {
    const till = createTill()
    till.order = order({
      shipping_option: 'express',
      payment: payment('awaiting', 'declined', 'card_declined'),
    })
    const shop = createShop([mug(2)])
    shop.state = 'checked-out'
    shop.order = ORDER
    till.afterwards = ({ path }) => {
      if (!path.includes('cancellation')) return undefined
      shop.state = 'open'
      shop.version += 1
      return undefined
    }
    return { till, shop }
  }

  /** The step before Pay, with everything as it was ordered. */
  async function isFilledIn() {
    expect(await screen.findByText(/Ada Lovelace, Lindenstraße 12, 10969 Berlin/)).toBeVisible()
    expect(screen.getByRole('textbox', { name: 'Card number' })).toBeVisible()
    expect(screen.getByText(/^Express/)).toBeVisible()
    const summary = within(screen.getByRole('complementary', { name: 'Your order' }))
    expect(summary.getByText('Morning mug')).toBeInTheDocument()
    expect(summary.getByText('Change items')).toHaveAttribute('href', '/cart')
  }

  it('leads back into the checkout with everything filled in, and cancels what was shown, once', async () => {
    const { till, shop } = declined()
    const router = visit(till, shop)
    const button = await change()
    button.click()
    button.click()
    await isFilledIn()
    expect(router.state.location.pathname).toBe('/checkout/payment')
    expect(cancellations(till)).toMatchObject([{ ifMatch: '"1"', orderKey: KEY }])
    expect(shop.heard).toEqual([])
    // Paid again, it is another order; nothing of the first one is sent a second time.
    expect(till.commands(/\/checkout$/)).toEqual([])
  })

  it('that is paid in that moment shows the paid order, and touches neither it nor the cart', async () => {
    const { till, shop } = declined()
    till.instead = ({ path }) => {
      if (!path.includes('cancellation')) return undefined
      till.order = paid()
      return problem(412, 'conflict', 'The order has another version.')
    }
    const router = visit(till, shop)
    await userEvent.click(await change())
    expect(await screen.findByRole('heading', { level: 1, name: /^Thank you/ })).toBeVisible()
    expect(router.state.location.pathname).toBe(`/orders/${ORDER}`)
    expect(cancellations(till)).toHaveLength(1)
    expect(shop.heard).toEqual([])
  })

  it('of which a payment is being checked says so and stays', async () => {
    const { till, shop } = declined()
    till.instead = ({ path }) => {
      if (!path.includes('cancellation')) return undefined
      till.order = order({ payment_version: 4, payment: payment('checking', 'started') })
      return problem(422, 'payment-in-progress', 'A payment is being checked.')
    }
    visit(till, shop)
    await userEvent.click(await change())
    expect(
      await screen.findByRole('heading', { level: 1, name: 'We are checking your payment' }),
    ).toBeVisible()
    expect(screen.queryByRole('button', { name: 'Change your order' })).toBeNull()
  })

  it('that became an account’s meanwhile is cancelled as it is now', async () => {
    const { till, shop } = declined()
    till.instead = ({ path, ifMatch }) => {
      if (!path.includes('cancellation') || ifMatch === '"2"') return undefined
      till.order = order({ version: 2, shipping_option: 'express' })
      return problem(412, 'conflict', 'The order has another version.')
    }
    visit(till, shop)
    await userEvent.click(await change())
    await isFilledIn()
    expect(cancellations(till).map(({ ifMatch }) => ifMatch)).toEqual(['"1"', '"2"'])
  })

  it('that another tab changed leads to the same cart, and adds nothing to it', async () => {
    const { till, shop } = declined()
    till.instead = ({ path }) => {
      if (!path.includes('cancellation')) return undefined
      till.order = order({ version: 2, state: 'cancelled', cancel_reason: 'customer' })
      shop.state = 'open'
      shop.version += 1
      return problem(412, 'conflict', 'The order has another version.')
    }
    visit(till, shop)
    await userEvent.click(await change())
    await isFilledIn()
    expect(shop.heard).toEqual([])
  })

  it('whose answer is lost is asked about under the same key', async () => {
    const { till, shop } = declined()
    const { afterwards } = till
    let lost = 0
    till.afterwards = (heard) => {
      void afterwards(heard)
      lost += 1
      return lost === 1 ? problem(502, 'unavailable', 'Nobody there.', { 'retry-after': '0' }) : undefined
    }
    visit(till, shop)
    await userEvent.click(await change())
    await isFilledIn()
    expect(new Set(cancellations(till).map(({ key }) => key)).size).toBe(1)
    expect(cancellations(till).length).toBeGreaterThan(1)
  })

  it('while another cart is being filled puts its items and its code there', async () => {
    const { till } = declined()
    till.order = order({ shipping_option: 'express', code: 'SPRING-10' })
    const shop = createShop([lamp(1)])
    shop.cart = `${order().cart.slice(0, -1)}9`
    visit(till, shop)
    server.use(http.get(`*/api/queries/carts/${order().cart}`, () => problem(404, 'cart-not-found', 'No.')))
    await userEvent.click(await change())
    await isFilledIn()
    await waitFor(() =>
      expect(shop.lines.map(({ sku, quantity }) => [sku, quantity])).toEqual([
        [lamp().sku, 1],
        [mug().sku, 2],
      ]),
    )
    await waitFor(() =>
      expect(till.commands(/discount-code/)).toMatchObject([{ body: { code: 'SPRING-10' } }]),
    )
  })

  it('is not offered for an order at a quoted price, which no cart has', async () => {
    const { till, shop } = declined()
    const quoted = http.get('*/api/queries/requests/:id', () => Response.json({ id: order().cart }))
    visit(till, shop, quoted)
    await screen.findByRole('textbox', { name: 'Card number' })
    expect(screen.queryByRole('button', { name: 'Change your order' })).toBeNull()
  })

  it('is not offered for one that is paid', async () => {
    const { till, shop } = declined()
    till.order = paid()
    visit(till, shop)
    await screen.findByRole('heading', { level: 1, name: /^Thank you/ })
    expect(screen.queryByRole('button', { name: 'Change your order' })).toBeNull()
  })
})
