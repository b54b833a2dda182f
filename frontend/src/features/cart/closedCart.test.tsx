// A cart that takes no commands any more: it became an order in another tab, or nobody came back for it in time.
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { act, render, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { MemoryRouter } from 'react-router'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { TestEventSource } from '../../testing/live'
import { createShop, problem, server, type TestShop } from '../../testing/shop'
import { useCart } from './CartContext'
import { CartPage } from './CartPage'
import { CartProvider } from './CartProvider'
import { CartVoice } from './CartVoice'
import { CART, lamp, mug } from './fixtures'

beforeAll(() => server.listen({ onUnhandledRequest: 'error' }))
afterAll(() => server.close())
beforeEach(() => vi.stubGlobal('EventSource', TestEventSource))
afterEach(() => {
  server.resetHandlers()
  TestEventSource.open = []
})

function Buttons() {
  const { add, checkedOut } = useCart()
  return (
    <>
      <button type="button" onClick={() => add(lamp(1))}>
        Add the lamp
      </button>
      <button type="button" onClick={() => checkedOut(CART, 'the-order')}>
        It became an order
      </button>
    </>
  )
}

function visit(shop: TestShop) {
  server.use(...shop.handlers)
  render(
    <QueryClientProvider client={new QueryClient()}>
      <CartProvider>
        <MemoryRouter>
          <Buttons />
          <CartPage />
          <CartVoice />
        </MemoryRouter>
      </CartProvider>
    </QueryClientProvider>,
  )
}

const user = userEvent.setup({ delay: null })
const press = (name: string | RegExp) => user.click(screen.getByRole('button', { name }))

it('a filled cart leads to the checkout', async () => {
  visit(createShop([mug(1)]))
  expect(await screen.findByRole('link', { name: 'Check out' })).toHaveAttribute('href', '/checkout')
})

it('a cart that this tab checked out is empty at once, and the next add opens another one', async () => {
  const shop = createShop([mug(2)])
  visit(shop)
  await screen.findByRole('heading', { name: 'Morning mug' })
  await press('It became an order')
  expect(screen.getByText(/Its items are an order now/)).toBeVisible()
  expect(screen.getByRole('link', { name: 'See the order' })).toHaveAttribute('href', '/orders/the-order')
  act(() => TestEventSource.say('cart', shop.document()))
  expect(screen.queryByRole('heading', { name: 'Morning mug' })).toBeNull()
  shop.state = 'checked-out'
  await press('Add the lamp')
  await waitFor(() => expect(shop.lines).toMatchObject([{ sku: lamp().sku, quantity: 1 }]))
  expect(shop.cart).not.toBe(CART)
})

it('an add to a cart that was checked out in another tab goes into a new one', async () => {
  const shop = createShop([mug(1)])
  shop.instead = ({ cart }) => {
    if (cart !== CART) return undefined
    shop.state = 'checked-out'
    return problem(422, 'cart-checked-out', 'The cart became an order.')
  }
  visit(shop)
  await screen.findByRole('heading', { name: 'Morning mug' })
  await press('Add the lamp')
  await waitFor(() => expect(shop.lines).toMatchObject([{ sku: lamp().sku, quantity: 1 }]))
  await waitFor(() => expect(screen.queryByRole('heading', { name: 'Morning mug' })).toBeNull())
  expect(screen.getByRole('heading', { name: 'Moss lamp' })).toBeVisible()
  expect(screen.queryByText(/could not be added/)).toBeNull()
})

it('a change of a line that was checked out in another tab is explained', async () => {
  const shop = createShop([mug(1)])
  shop.instead = () => {
    shop.state = 'checked-out'
    return problem(422, 'cart-checked-out', 'Nothing was changed: the cart became the order 0198.')
  }
  visit(shop)
  await screen.findByRole('heading', { name: 'Morning mug' })
  await press('Remove Morning mug')
  expect(await screen.findByText(/This cart became an order in the meantime/)).toBeVisible()
  expect(await screen.findByText(/Its items are an order now/)).toBeVisible()
})

it('a cart that expired is there again as it was, and says so', async () => {
  const shop = createShop([mug(3)])
  shop.state = 'expired'
  visit(shop)
  expect(await screen.findByText(/Welcome back. Your cart is as you left it/)).toBeVisible()
  expect(screen.getByRole('textbox', { name: 'Quantity of Morning mug' })).toHaveValue('3')
  expect(shop.state).toBe('open')
})

it('a click on a cart that expired meanwhile is not lost', async () => {
  const shop = createShop([mug(3)])
  let asked = 0
  shop.instead = () => {
    asked += 1
    if (asked > 1) return undefined
    shop.state = 'expired'
    return problem(422, 'cart-expired', 'The cart expired.')
  }
  visit(shop)
  await screen.findByRole('heading', { name: 'Morning mug' })
  await press('Remove Morning mug')
  await waitFor(() => expect(shop.lines).toEqual([]))
  expect(shop.state).toBe('open')
  expect(screen.queryByText(/was not removed/)).toBeNull()
})
