// The cart when somebody signs in or out: another person's, without a reload.
import { act, render, screen, waitFor } from '@testing-library/react'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import userEvent from '@testing-library/user-event'
import { http, HttpResponse } from 'msw'
import { MemoryRouter } from 'react-router'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { renewSession, signedIn, signedOut, type Session } from '../../api/session'
import { TestEventSource } from '../../testing/live'
import { createShop, problem, server, type TestShop } from '../../testing/shop'
import { useCart } from './CartContext'
import { CartPage } from './CartPage'
import { CartProvider } from './CartProvider'
import { CartVoice } from './CartVoice'
import { CART, cartDocument, lamp, mug, OWNER } from './fixtures'

const ADA = '22222222-2222-4222-8222-222222222222'
const ADAS_CART = `${CART.slice(0, -1)}9`
const guest: Session = { owner: OWNER, account: null }
const ada: Session = { owner: ADA, account: { id: ADA, roles: ['shopper'], withheld_roles: [] } }

beforeAll(() => server.listen({ onUnhandledRequest: 'error' }))
afterAll(() => server.close())
beforeEach(() => vi.stubGlobal('EventSource', TestEventSource))
afterEach(() => {
  server.resetHandlers()
  TestEventSource.open = []
})

function Shelf() {
  const { add } = useCart()
  return (
    <button type="button" onClick={() => add(lamp(1))}>
      Add the lamp
    </button>
  )
}

async function visit(shop: TestShop, session: Session = guest) {
  server.use(
    http.post('*/api/commands/session', () => HttpResponse.json(session)),
    ...shop.handlers,
  )
  render(
    <QueryClientProvider client={new QueryClient()}>
      <CartProvider>
        <MemoryRouter>
          <Shelf />
          <CartPage />
          <CartVoice />
        </MemoryRouter>
      </CartProvider>
    </QueryClientProvider>,
  )
  await screen.findByRole('heading', { name: 'Cart' })
}

/** From now on the shop answers as it does to this person. */
function answersTo(session: Session, shop: TestShop) {
  const owned = () => ({ ...shop.document(), owner: session.owner })
  server.use(
    http.post('*/api/commands/session', () => HttpResponse.json(session)),
    http.get('*/api/queries/carts/current', () =>
      shop.lines.length === 0 ? new HttpResponse(null, { status: 204 }) : HttpResponse.json(owned()),
    ),
    http.get('*/api/queries/carts/:id', () => HttpResponse.json(owned())),
    ...shop.handlers,
  )
}

const adasShop = (lines = [mug(3)]) => {
  const shop = createShop(lines)
  shop.cart = ADAS_CART
  return shop
}
const merged = (left_out: { sku: string; quantity: number }[] = []) => ({ cart: ADAS_CART, left_out })
const user = userEvent.setup({ delay: null })
const quantity = (name: string) => screen.findByRole('textbox', { name: `Quantity of ${name}` })

it('signing in shows the cart of the account instead of the one of the guest', async () => {
  await visit(createShop([mug(1)]))
  await quantity('Morning mug')
  answersTo(ada, adasShop([mug(3), lamp(2)]))
  act(() => signedIn(ada, merged()))
  expect(await quantity('Moss lamp')).toHaveValue('2')
  expect(await quantity('Morning mug')).toHaveValue('3')
  expect(screen.queryByText(/did not fit/)).toBeNull()
})

it('what did not fit is named', async () => {
  await visit(createShop([mug(2)]))
  await quantity('Morning mug')
  answersTo(ada, adasShop([lamp(1)]))
  act(() => signedIn(ada, merged([{ sku: mug().sku, quantity: 2 }])))
  expect(
    await screen.findByText(/2 items did not fit into your cart: 2 × Morning mug\. Everything else/),
  ).toBeVisible()
})

it('the live stream is opened anew, and news of the guest’s cart are no news any more', async () => {
  await visit(createShop([mug(1)]))
  await quantity('Morning mug')
  await waitFor(() => expect(TestEventSource.open).toHaveLength(1))
  const [before] = TestEventSource.open
  answersTo(ada, adasShop([lamp(2)]))
  act(() => signedIn(ada, merged()))
  expect(await quantity('Moss lamp')).toHaveValue('2')
  expect(TestEventSource.open).toHaveLength(1)
  expect(TestEventSource.open[0]).not.toBe(before)
  act(() => TestEventSource.say('cart', cartDocument(99, [mug(7)], `${CART.slice(0, -2)}ff`)))
  expect(screen.queryByRole('heading', { name: 'Morning mug' })).toBeNull()
})

it('what was added and never went out goes into the account’s cart', async () => {
  await visit(createShop([mug(1)]))
  await quantity('Morning mug')
  const adas = adasShop([mug(3)])
  answersTo(ada, adas)
  await user.click(screen.getByRole('button', { name: 'Add the lamp' }))
  act(() => signedIn(ada, merged()))
  await waitFor(() => expect(adas.lines.map(({ sku }) => sku)).toEqual([mug().sku, lamp().sku]))
  expect(adas.heard).toMatchObject([{ cart: ADAS_CART }])
})

it('an add that came too late for the guest’s cart is not lost', async () => {
  const guests = createShop([mug(1)])
  const adas = adasShop([mug(3)])
  let refuse = () => {}
  guests.instead = () =>
    new Promise((resolve) => {
      refuse = () => resolve(problem(422, 'cart-merged', 'The cart is in the one of an account.'))
    })
  await visit(guests)
  await quantity('Morning mug')
  await user.click(screen.getByRole('button', { name: 'Add the lamp' }))
  await waitFor(() => expect(guests.heard).toHaveLength(1))
  answersTo(ada, adas)
  act(() => signedIn(ada, merged()))
  refuse()
  await waitFor(() => expect(adas.lines.map(({ sku }) => sku)).toEqual([mug().sku, lamp().sku]))
})

it('a tab that did not hear of the signing in finds the account’s cart with its next command', async () => {
  const guests = createShop([mug(1)])
  const adas = adasShop([mug(3)])
  guests.instead = () => {
    answersTo(ada, adas)
    return problem(422, 'cart-merged', 'The cart is in the one of an account.')
  }
  await visit(guests)
  await quantity('Morning mug')
  await user.click(screen.getByRole('button', { name: 'Add the lamp' }))
  await waitFor(() => expect(adas.lines.map(({ sku }) => sku)).toEqual([mug().sku, lamp().sku]))
  await waitFor(async () => expect(await quantity('Morning mug')).toHaveValue('3'))
  expect(screen.queryByText(/could not be added/)).toBeNull()
})

it('signing out leaves an empty cart at once, and takes nothing along', async () => {
  const adas = createShop([mug(3)])
  const guests = createShop()
  await visit(adas, ada)
  answersTo(ada, adas)
  act(() => TestEventSource.say('cart', { ...adas.document(), owner: ADA, version: 50 }))
  await quantity('Morning mug')
  answersTo(guest, guests)
  await user.click(screen.getByRole('button', { name: 'Add the lamp' }))
  act(() => signedOut())
  expect(screen.queryByRole('heading', { name: 'Morning mug' })).toBeNull()
  expect(await screen.findByText('Your cart is empty.')).toBeVisible()
  expect(screen.queryByText(/Your session ended/)).toBeNull()
  expect(guests.lines).toEqual([])
})

it('a session that ended elsewhere is said', async () => {
  const adas = createShop([mug(3)])
  await visit(adas, ada)
  answersTo(ada, adas)
  act(() => TestEventSource.say('cart', { ...adas.document(), owner: ADA, version: 50 }))
  await quantity('Morning mug')
  answersTo(guest, createShop())
  await act(() => renewSession())
  expect(await screen.findByText(/Your session ended. Your cart is kept with your account/)).toBeVisible()
  expect(screen.getByRole('link', { name: 'Sign in' })).toHaveAttribute('href', '/sign-in?then=%2F')
  expect(await screen.findByText('Your cart is empty.')).toBeVisible()
})
