// What is around the pages: wherever an account is needed, it can be left.
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { render, screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { createMemoryRouter, RouterProvider } from 'react-router'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { beginSession } from '../api/session'
import { createRegistry, type Registry } from '../testing/accounts'
import { TestEventSource } from '../testing/live'
import { summary } from '../testing/orders'
import { server } from '../testing/shop'
import { createTill } from '../testing/till'
import { createRoutes } from './routes'
import { Shell } from './Shell'

// The cart has tests of its own.
vi.mock('../features/cart/CartButton', () => ({ CartButton: () => null }))
vi.mock('../features/cart/CartVoice', () => ({ CartVoice: () => null }))

beforeAll(async () => {
  server.listen({ onUnhandledRequest: 'bypass' })
  await import('./AccountMenu')
})
beforeEach(() => vi.stubGlobal('EventSource', TestEventSource))
afterEach(() => {
  TestEventSource.open = []
  server.resetHandlers()
})
afterAll(() => server.close())

it('every page has the menu with which one signs out, but for those of staff, which lead to the account', async () => {
  const client = new QueryClient()
  const others = createRoutes(client).filter(({ Component }) => Component !== Shell)
  // Nobody is signed in at the sandbox's bank.
  expect(others.map(({ path }) => path)).toEqual(['/staff', '/sandbox/3-d-secure/:reference'])

  server.use(...createRegistry({ isSignedIn: true }).handlers)
  await beginSession()
  const router = createMemoryRouter([{ Component: Shell, children: [{ path: '*', element: <p>A page</p> }] }])
  render(
    <QueryClientProvider client={client}>
      <RouterProvider router={router} />
    </QueryClientProvider>,
  )
  await userEvent.click(await screen.findByRole('button', { name: 'Account' }))
  expect(await screen.findByRole('menuitem', { name: 'Sign out' })).toBeVisible()
})

/** The shop as it is, at an address. */
async function visit(address: string, registry: Registry, till = createTill()) {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  const [session, ...others] = registry.handlers
  // Both stand-ins answer for the session: the registry knows whose it is.
  server.use(...(session === undefined ? [] : [session]), ...others, ...till.handlers)
  await beginSession()
  const router = createMemoryRouter(createRoutes(client), { initialEntries: [address] })
  render(
    <QueryClientProvider client={client}>
      <RouterProvider router={router} />
    </QueryClientProvider>,
  )
  return router
}

describe('the orders', () => {
  it('of an account are among its pages, with the ways to the others', async () => {
    await visit('/account/orders', createRegistry({ isSignedIn: true }))
    expect(await screen.findByRole('heading', { level: 1, name: 'Your orders' })).toBeVisible()
    const around = within(screen.getByRole('navigation', { name: 'Account' }))
    expect(around.getByRole('link', { name: 'Orders' })).toHaveAttribute('aria-current', 'page')
    expect(await screen.findByText(/Ordered without your account/)).toBeVisible()
  })

  it.each(['/account/orders', '/orders'])('at %s say what confirming the address brings', async (address) => {
    const registry = createRegistry({ isSignedIn: true })
    registry.isConfirmed = false
    await visit(address, registry)
    expect(await screen.findByText(/^Confirm your e-mail address, and the orders/)).toBeVisible()
  })

  it.each(['/orders', '/account/orders'])('at %s are in the frame of the account', async (address) => {
    const router = await visit(address, createRegistry({ isSignedIn: true }))
    expect(await screen.findByRole('navigation', { name: 'Account' })).toBeVisible()
    await waitFor(() => expect(router.state.location.pathname).toBe('/account/orders'))
  })

  it('are on the overview of the account with the newest alone', async () => {
    const till = createTill()
    till.orders = [summary(), summary({ id: '019b0000-0000-7000-8000-00000000beef' })]
    await visit('/account', createRegistry({ isSignedIn: true }), till)
    const last = within(await screen.findByRole('region', { name: 'Your last order' }))
    expect(last.getAllByRole('link', { name: /^Order / })).toHaveLength(1)
    expect(last.getByRole('link', { name: /^Order / })).toHaveAttribute('href', `/orders/${summary().id}`)
  })

  it('of a guest stand alone', async () => {
    await visit('/orders', createRegistry())
    expect(await screen.findByText(/not ordered anything in this browser/)).toBeVisible()
    expect(screen.queryByRole('navigation', { name: 'Account' })).toBeNull()
  })

  it('of an account are asked to sign in for', async () => {
    const router = await visit('/account/orders', createRegistry())
    expect(await screen.findByRole('heading', { level: 1, name: 'Sign in' })).toBeVisible()
    expect(router.state.location.search).toBe('?then=%2Faccount%2Forders')
  })
})

describe('below /staff', () => {
  const ops = () => createRegistry({ isSignedIn: true, roles: ['shopper', 'ops'] })

  it('an address of no page is not the shop’s shelf', async () => {
    await visit('/staff/nonsense', ops())
    expect(await screen.findByRole('heading', { name: 'There is no such page.' })).toBeVisible()
    expect(screen.queryByText(/Your cart/)).toBeNull()
  })

  it('the first page is one of the role', async () => {
    const router = await visit('/staff', ops())
    await waitFor(() => expect(router.state.location.pathname).toBe('/staff/audit'))
  })
})
