// The product page's own quantity: what its field shows is what goes into the cart.
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { fireEvent, render, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { MemoryRouter } from 'react-router'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import type { Product } from '../../api/types'
import { TestEventSource } from '../../testing/live'
import { createShop, server } from '../../testing/shop'
import { AddToCart } from './AddToCart'
import { CartProvider } from './CartProvider'
import { eur, mug } from './fixtures'

const product: Product = {
  sku: mug().sku,
  name: mug().name,
  description: '',
  category: 'kitchen',
  price: eur(2200),
  availability: 'in-stock',
  available: 9,
  listed: true,
  listed_at: '2026-01-01T10:00:00Z',
  updated_at: '2026-01-01T10:00:00Z',
  version: 1,
}

class NeverSeen {
  observe() {}
  disconnect() {}
}

beforeAll(() => server.listen({ onUnhandledRequest: 'error' }))
afterAll(() => server.close())
beforeEach(() => {
  vi.stubGlobal('EventSource', TestEventSource)
  vi.stubGlobal('IntersectionObserver', NeverSeen)
})
afterEach(() => server.resetHandlers())

const user = userEvent.setup({ delay: null })
const field = () => screen.getByRole<HTMLInputElement>('textbox', { name: 'Quantity of Morning mug' })
const add = () => screen.getByRole('button', { name: 'Add to cart' })

function visit() {
  const shop = createShop()
  server.use(...shop.handlers)
  render(
    <QueryClientProvider client={new QueryClient()}>
      <CartProvider>
        <MemoryRouter>
          <AddToCart product={product} />
        </MemoryRouter>
      </CartProvider>
    </QueryClientProvider>,
  )
  return shop
}

async function type(keys: string) {
  await user.click(field())
  field().select()
  await user.keyboard(keys)
}

it('typed and left by Tab, a 5 stays a 5, and five are added', async () => {
  const shop = visit()
  await type('5')
  await user.tab()
  expect(field()).toHaveValue('5')
  await user.click(add())
  await waitFor(() => expect(shop.lines).toMatchObject([{ sku: mug().sku, quantity: 5 }]))
  expect(field()).toHaveValue('1')
})

it('what is typed is added though nothing but the press on “Add to cart” confirms it', async () => {
  const shop = visit()
  await type('5')
  await user.click(add())
  await waitFor(() => expect(shop.lines).toMatchObject([{ quantity: 5 }]))
})

it('what is no number adds what the field shows again', async () => {
  const shop = visit()
  await type('five')
  fireEvent.blur(field())
  expect(field()).toHaveValue('1')
  await user.click(add())
  await waitFor(() => expect(shop.lines).toMatchObject([{ quantity: 1 }]))
})
