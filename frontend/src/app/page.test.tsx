// Pages that do not load, inside what is around them.
import { act, fireEvent, render, screen, within } from '@testing-library/react'
import { createMemoryRouter, Link, Outlet, RouterProvider } from 'react-router'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { page } from './page'
import { AloneNotLoaded, PageTrouble } from './PageTrouble'

beforeEach(() => {
  vi.useFakeTimers()
  vi.spyOn(console, 'error').mockImplementation(() => {})
})
afterEach(() => vi.useRealTimers())

const Checkout = () => <h1>Checkout</h1>
const gone = () => Promise.reject(new TypeError('Failed to fetch dynamically imported module'))
const pass = (ms: number) => act(() => vi.advanceTimersByTimeAsync(ms))
const press = async (role: string, name: string) => {
  fireEvent.click(screen.getByRole(role, { name }))
  await pass(0)
}

function Around() {
  return (
    <>
      <header>
        <Link to="/checkout">Check out</Link>
        <Link to="/">Home</Link>
      </header>
      <main>
        <Outlet />
      </main>
    </>
  )
}

async function visit(load: () => Promise<() => React.JSX.Element>) {
  const children = [
    { path: '/', element: <h1>Home</h1> },
    { path: '/checkout', lazy: page(load) },
  ]
  const routes = [{ Component: Around, children: [{ ErrorBoundary: PageTrouble, children }] }]
  render(<RouterProvider router={createMemoryRouter(routes)} />)
  await press('link', 'Check out')
}

function goOffline() {
  return vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(false)
}

it('offline, a page that is not there says so below the header, and opens when the browser is back online', async () => {
  const online = goOffline()
  let isBack = false
  await visit(() => (isBack ? Promise.resolve(Checkout) : gone()))
  const main = within(screen.getByRole('main'))
  expect(main.getByRole('heading', { level: 1, name: 'This page did not load.' })).toBeVisible()
  expect(main.getByRole('alert')).toHaveTextContent(/You are offline\. Your cart is safe/)
  expect(screen.getByRole('banner')).toBeVisible()
  isBack = true
  online.mockReturnValue(true)
  fireEvent(window, new Event('online'))
  await pass(0)
  expect(screen.getByRole('heading', { level: 1, name: 'Checkout' })).toBeVisible()
})

it('it is tried again when it is visited again, and when the shopper asks for it', async () => {
  goOffline()
  const load = vi.fn(gone)
  await visit(load)
  await press('button', 'Try again')
  await press('link', 'Home')
  load.mockImplementation((() => Promise.resolve(Checkout)) as never)
  await press('link', 'Check out')
  expect(screen.getByRole('heading', { level: 1, name: 'Checkout' })).toBeVisible()
})

it('online it is the shop that is wrong, not the connection', async () => {
  vi.stubGlobal('fetch', vi.fn(gone))
  await visit(gone)
  await pass(2_000)
  const said = screen.getByRole('alert')
  expect(said).toHaveTextContent('Something is wrong on our side.')
  expect(said).not.toHaveTextContent(/offline|connection/)
  vi.unstubAllGlobals()
})

it('where nothing is around a page, its trouble has the landmark', () => {
  render(<AloneNotLoaded onRetry={() => {}} />)
  expect(within(screen.getByRole('main')).getByRole('heading', { level: 1 })).toBeVisible()
})
