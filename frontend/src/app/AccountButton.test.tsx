// The header's way to an account, for guests, shoppers and staff.
import { render, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { createMemoryRouter, RouterProvider } from 'react-router'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { beginSession, currentSession } from '../api/session'
import { createRegistry, GUEST, type Registry } from '../testing/accounts'
import { problem, server } from '../testing/shop'
import { AccountButton } from './AccountButton'

beforeAll(async () => {
  server.listen({ onUnhandledRequest: 'error' })
  await import('./AccountMenu')
})
afterEach(() => server.resetHandlers())
afterAll(() => server.close())

const user = userEvent.setup({ delay: null })

async function visit(address: string, registry: Registry) {
  server.use(...registry.handlers)
  await beginSession()
  const router = createMemoryRouter([{ path: '*', Component: AccountButton }], { initialEntries: [address] })
  render(<RouterProvider router={router} />)
  return router
}

const items = () => screen.getAllByRole('menuitem').map((item) => item.textContent)
const open = async () => {
  await user.click(screen.getByRole('button', { name: 'Account' }))
  await screen.findByRole('menu')
}

it.each([
  ['/cart', '/sign-in?then=%2Fcart'],
  ['/shop?category=desk', '/sign-in?then=%2Fshop%3Fcategory%3Ddesk'],
  ['/', '/sign-in'],
  ['/register', '/sign-in'],
])('a guest on %s is led to sign in and back', async (address, link) => {
  await visit(address, createRegistry())
  expect(screen.getByRole('link', { name: 'Sign in' })).toHaveAttribute('href', link)
})

it('whoever is signed in has a menu, gone through with the keyboard', async () => {
  const router = await visit('/shop', createRegistry({ isSignedIn: true }))
  screen.getByRole('button', { name: 'Account' }).focus()
  await user.keyboard('{Enter}')
  await screen.findByRole('menu')
  expect(items()).toEqual(['Account', 'Orders', 'Requests', 'Inbox', 'Sign out'])
  await waitFor(() => expect(screen.getByRole('menuitem', { name: 'Account' })).toHaveFocus())
  await user.keyboard('{ArrowDown}{Enter}')
  await waitFor(() => expect(router.state.location.pathname).toBe('/account/orders'))
  expect(screen.queryByRole('menu')).toBeNull()
})

it('Escape closes the menu and gives focus back', async () => {
  await visit('/shop', createRegistry({ isSignedIn: true }))
  await open()
  await user.keyboard('{Escape}')
  await waitFor(() => expect(screen.queryByRole('menu')).toBeNull())
  await waitFor(() => expect(screen.getByRole('button', { name: 'Account' })).toHaveFocus())
})

it.each(['staff', 'analyst', 'ops'])(
  'an account with the role %s is led to the pages of staff',
  async (role) => {
    await visit('/shop', createRegistry({ isSignedIn: true, roles: ['shopper', role] }))
    await open()
    expect(items()).toEqual(['Account', 'Orders', 'Requests', 'Inbox', 'Staff', 'Sign out'])
  },
)

it('signing out leads home, begins a new guest, and is said', async () => {
  const registry = createRegistry({ isSignedIn: true })
  const router = await visit('/account', registry)
  await open()
  await user.click(screen.getByRole('menuitem', { name: 'Sign out' }))
  expect(await screen.findByRole('link', { name: 'Sign in' })).toBeVisible()
  expect(router.state.location.pathname).toBe('/')
  await waitFor(() => expect(currentSession()).toEqual({ owner: GUEST, account: null }))
  expect(screen.getByRole('status', { name: 'Account' })).toHaveTextContent('You are signed out.')
})

it('a shop that does not answer leaves everything as it is, and says so', async () => {
  const registry = createRegistry({ isSignedIn: true })
  registry.instead = ({ path }) =>
    path === '/session/sign-out' ? problem(503, 'overloaded', 'No.') : undefined
  await visit('/shop', registry)
  await open()
  await user.click(screen.getByRole('menuitem', { name: 'Sign out' }))
  expect(await screen.findByText(/You are still signed in/)).toBeVisible()
  expect(currentSession()?.account).not.toBeNull()
})
