// What the tests of this folder have in common: a checkout with a cart handed in, and how it is filled in.
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { act, render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { useSyncExternalStore } from 'react'
import { createMemoryRouter, RouterProvider, useLocation } from 'react-router'
import { vi } from 'vitest'
import { server } from '../../testing/shop'
import type { Till } from '../../testing/till'
import { Checkout, type CheckoutProps } from './Checkout'
import type { Shopper } from './shopper'

export const user = userEvent.setup({ delay: null })

export const press = (button: string | HTMLElement) =>
  user.click(typeof button === 'string' ? screen.getByRole('button', { name: button }) : button)

/** The button that says what is paid. */
export const payName = (amount: string) => new RegExp(`^Pay ${amount.replace('.', '\\.')}\\s€$`)
export const pay = (amount: string) => screen.getByRole('button', { name: payName(amount) })

type Cart = CheckoutProps['cart']

const filled: Cart = {
  id: '01a20520-0000-7000-8000-000000000001',
  version: 3,
  isLoaded: true,
  isUnreachable: false,
  isEmpty: false,
  becameOrder: null,
  isSettled: true,
}

function OrderPage() {
  const { pathname, search, hash, state } = useLocation()
  return (
    <p data-testid="order">
      {pathname}
      {search}
      {hash} {JSON.stringify(state)}
    </p>
  )
}

/** Opens the checkout of a cart with two mugs. A second visit with the same storage is a reload. */
export function visit(
  till: Till,
  cart: Partial<Cart> = {},
  address = '/checkout/details',
  shopper: Shopper = { kind: 'guest' },
) {
  server.use(...till.handlers)
  const told = { setQuantity: vi.fn(), remove: vi.fn(), placed: vi.fn() }
  const held = changing({ ...filled, ...cart })
  const person = changing({ shopper })
  function Page() {
    const now = useSyncExternalStore(held.subscribe, held.now)
    const { shopper: who } = useSyncExternalStore(person.subscribe, person.now)
    return <Checkout cart={now} shopper={who} stamp="" {...told} />
  }
  const router = createMemoryRouter(
    [
      { path: '/checkout/:step', Component: Page },
      { path: '/orders/:id', Component: OrderPage },
    ],
    { initialEntries: [address] },
  )
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  const { unmount } = render(
    <QueryClientProvider client={client}>
      <RouterProvider router={router} />
    </QueryClientProvider>,
  )
  const become = (next: Shopper) => person.change({ shopper: next })
  return { router, cart: told, change: held.change, become, unmount }
}

/** What changes while the page is open. */
function changing<Thing extends object>(thing: Thing) {
  let now = thing
  let tell = () => {}
  return {
    now: () => now,
    subscribe: (listener: () => void) => {
      tell = listener
      return () => {
        tell = () => {}
      }
    },
    change: (next: Partial<Thing>) => {
      now = { ...now, ...next }
      act(() => tell())
    },
  }
}

export async function fillDetails() {
  const typed = {
    'E-mail': 'ada@example.org',
    Name: 'Ada Lovelace',
    'Street and number': 'Lindenstraße 12',
    'Postal code': '10969',
    'Town or city': 'Berlin',
  }
  await screen.findByRole('textbox', { name: 'E-mail' })
  for (const [name, text] of Object.entries(typed)) {
    const field = screen.getByRole('textbox', { name })
    await user.clear(field)
    await user.click(field)
    await user.paste(text)
  }
  await user.selectOptions(screen.getByRole('combobox', { name: 'Country' }), 'Germany')
}

export async function toPayment() {
  await fillDetails()
  await press('Continue to delivery')
  await user.click(await screen.findByRole('button', { name: 'Continue to payment' }))
  await screen.findByRole('textbox', { name: 'Card number' })
}

export async function fillCard(number: string) {
  const fields = { 'Card number': number, 'Expiry date': '1240', 'Security code': '123' }
  for (const [name, text] of Object.entries(fields)) {
    const field = screen.getByRole('textbox', { name })
    await user.clear(field)
    await user.click(field)
    await user.paste(text)
  }
}
