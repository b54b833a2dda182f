// What is around the pages: wherever an account is needed, it can be left.
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { createMemoryRouter, RouterProvider } from 'react-router'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { beginSession } from '../api/session'
import { createRegistry } from '../testing/accounts'
import { TestEventSource } from '../testing/live'
import { server } from '../testing/shop'
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
