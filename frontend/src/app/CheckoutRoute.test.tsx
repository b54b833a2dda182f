// The checkout with the real cart and the real session around it: what stays when the session ends, and for whom.
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { act, render, screen, waitFor } from '@testing-library/react'
import { http, HttpResponse } from 'msw'
import { createMemoryRouter, RouterProvider } from 'react-router'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { renewSession, signedIn, signedOut } from '../api/session'
import { SignInPage } from '../features/account/SignInPage'
import { CartProvider } from '../features/cart/CartProvider'
import { CartVoice } from '../features/cart/CartVoice'
import { mug } from '../features/cart/fixtures'
import { fillCard, pay, press, user } from '../features/checkout/testing'
import { ada, ADA, createRegistry, home } from '../testing/accounts'
import { TestEventSource } from '../testing/live'
import { createShop, problem, server } from '../testing/shop'
import { createTill } from '../testing/till'
import { CheckoutRoute } from './CheckoutRoute'
import { keepPersonal } from './personal'

const VISA = '4242 4242 4242 4242'
let stop = () => {}
beforeAll(() => server.listen({ onUnhandledRequest: 'error' }))
beforeEach(() => vi.stubGlobal('EventSource', TestEventSource))
afterEach(() => {
  stop()
  server.resetHandlers()
  TestEventSource.open = []
})
afterAll(() => server.close())

/** Ada is signed in, with two mugs in her cart and one address in her book. */
function visit(address = '/checkout/details') {
  const registry = createRegistry({ isSignedIn: true })
  registry.addresses = [home]
  const shop = createShop([mug(2)])
  const till = createTill()
  till.instead = ({ path }) =>
    registry.isSignedIn || !path.includes('/carts/')
      ? undefined
      : problem(401, 'no-session', 'Nobody is known by this session.')
  const cart = () =>
    registry.isSignedIn
      ? HttpResponse.json({ ...shop.document(), owner: ADA })
      : new HttpResponse(null, { status: 204 })
  server.use(
    http.get('*/api/queries/carts/current', cart),
    ...registry.handlers,
    ...till.handlers,
    ...shop.handlers,
  )
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  stop = keepPersonal(client)
  const router = createMemoryRouter(
    [
      {
        path: '/checkout/:step',
        element: (
          <>
            <CheckoutRoute />
            <CartVoice />
          </>
        ),
      },
      { path: '/sign-in', Component: SignInPage },
      { path: '/orders/:id', element: <p>The order</p> },
    ],
    { initialEntries: [address] },
  )
  const { unmount } = render(
    <QueryClientProvider client={client}>
      <CartProvider>
        <RouterProvider router={router} />
      </CartProvider>
    </QueryClientProvider>,
  )
  return { registry, till, router, unmount }
}

async function toPayment() {
  await user.type(await screen.findByRole('textbox', { name: /^Phone/ }), '+49 30 123456')
  await press('Continue to delivery')
  await user.click(await screen.findByRole('radio', { name: /Express/ }))
  await press('Continue to payment')
  await screen.findByRole('textbox', { name: 'Card number' })
  await fillCard(VISA)
}

const ended = () => screen.findByText(/^Your session ended\./)
const kept = () => JSON.stringify({ ...sessionStorage })

it('a session that ends at Pay leaves the step as it was; after signing in everything is there, and is paid once', async () => {
  const { registry, till, router } = visit()
  await toPayment()
  registry.isSignedIn = false
  await press(pay('48.90'))
  const said = (await ended()).closest('[role="alert"]')
  expect(said).toHaveTextContent(/^Your session ended\. Sign in and pay\. ?Nothing was charged\./)
  // The step, the address, the items and the card are where they were; nothing is said a second time, elsewhere.
  expect(router.state.location.pathname).toBe('/checkout/payment')
  expect(screen.getByText(/Ada Lovelace, Lindenstraße 12/)).toBeVisible()
  expect(screen.getByText('Morning mug')).toBeInTheDocument()
  expect(screen.getByRole('textbox', { name: 'Card number' })).toHaveValue(VISA)
  expect(screen.getAllByText(/Your session ended/)).toHaveLength(1)
  await press(pay('48.90'))
  expect(till.commands(/\/checkout$/)).toHaveLength(1)
  expect(till.commands(/payment-attempts/)).toEqual([])

  await user.click(screen.getByRole('link', { name: 'Sign in and pay' }))
  await user.type(await screen.findByRole('textbox', { name: 'E-mail' }), ada.email)
  await user.type(screen.getByLabelText('Password'), ada.password)
  await press('Sign in')
  await screen.findByRole('textbox', { name: 'Card number' })
  expect(router.state.location.pathname).toBe('/checkout/payment')
  expect(screen.getByText(/Ada Lovelace, Lindenstraße 12/)).toBeVisible()
  expect(screen.getByText(/^Express/)).toBeVisible()
  expect(screen.queryByText(/Your session ended/)).toBeNull()
  await fillCard(VISA)
  await press(pay('48.90'))
  expect(await screen.findByText('The order')).toBeVisible()
  expect(till.commands(/\/checkout$/).at(-1)?.body).toMatchObject({
    shipping_option: 'express',
    contact: { line1: 'Lindenstraße 12', phone: '+49 30 123456' },
  })
  expect(till.commands(/payment-attempts/)).toHaveLength(1)
})

it('a session that ends on another step leaves that as it was, too', async () => {
  const { registry, router } = visit()
  await user.type(await screen.findByRole('textbox', { name: /^Phone/ }), '+49 30 123456')
  registry.isSignedIn = false
  await act(() => renewSession())
  expect((await ended()).closest('[role="alert"]')).toHaveTextContent(
    /^Your session ended\. Sign in to continue\./,
  )
  expect(screen.getByRole('textbox', { name: /^Phone/ })).toHaveValue('+49 30 123456')
  expect(screen.getByRole('textbox', { name: 'Street and number' })).toHaveValue('Lindenstraße 12')
  expect(router.state.location.pathname).toBe('/checkout/details')
})

it('what was filled in is nobody else’s: not a guest’s, and not another account’s', async () => {
  const { registry, unmount, router } = visit()
  await toPayment()
  registry.isSignedIn = false
  await press(pay('48.90'))
  await ended()
  await act(() => router.navigate('/sign-in'))
  await act(() => router.navigate('/checkout/payment'))
  expect(await screen.findByText('You are signed out. Sign in to continue.')).toBeVisible()
  expect(screen.queryByText(/Lindenstraße/)).toBeNull()
  const grace = { id: 'grace', roles: ['shopper'], withheld_roles: [] }
  act(() => signedIn({ owner: 'grace', account: grace }, null))
  await waitFor(() => expect(screen.queryByText(/You are signed out/)).toBeNull())
  expect(screen.queryByText(/Lindenstraße|Ada/)).toBeNull()
  unmount()
})

it('whoever signs out on purpose leaves nothing on the page and nothing in the tab', async () => {
  const { registry } = visit()
  await toPayment()
  expect(kept()).toContain('+49 30 123456')
  registry.isSignedIn = false
  act(() => signedOut())
  expect(await screen.findByText('You are signed out. Sign in to continue.')).toBeVisible()
  expect(screen.queryByText(/Lindenstraße/)).toBeNull()
  expect(kept()).not.toMatch(/Lindenstraße|\+49 30/)
})
