// What the tests of this folder have in common: an order's page, with stand-ins for what the app hands in.
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { createMemoryRouter, RouterProvider } from 'react-router'
import { LINK, paid } from '../../testing/orders'
import { server } from '../../testing/shop'
import { createTill, type Till } from '../../testing/till'
import { OrderPage, type OrderPageProps } from './OrderPage'
import { OrdersPage } from './OrdersPage'

export const user = userEvent.setup({ delay: null })
export const press = (name: string) => user.click(screen.getByRole('button', { name }))
export const title = () => screen.findByRole('heading', { level: 1 })
export const titled = (name: string) => screen.findByRole('heading', { level: 1, name })

export const receipt = () => screen.findByRole('region', { name: 'Receipt' })

/** An order that was paid the day after it was placed, and is confirmed. */
export function confirmedTill(): Till {
  const till = createTill()
  till.order = paid({
    timeline: [
      { what: 'OrderPlaced', at: '2026-03-01T10:00:00Z' },
      { what: 'PaymentCaptured', at: '2026-03-02T10:00:00Z' },
      { what: 'OrderConfirmed', at: '2026-03-02T10:00:01Z' },
    ],
  })
  return till
}

const Pay: OrderPageProps['Pay'] = ({ onStarted }) => (
  <button type="button" onClick={() => onStarted(7)}>
    Pay here
  </button>
)

interface Visit {
  address?: string
  /** What the page before left. */
  state?: object
  isUnconfirmed?: boolean
}

export function visit(till: Till, { address = LINK, state, isUnconfirmed = false }: Visit = {}) {
  server.use(...till.handlers)
  const { pathname, search, hash } = new URL(address, 'http://shop.example')
  const router = createMemoryRouter(
    [
      {
        path: '/orders/:id',
        element: (
          <OrderPage
            Pay={Pay}
            Change={() => <button type="button">Change it</button>}
            PutBack={() => <button type="button">Put it back</button>}
          />
        ),
      },
      { path: '/orders', element: <OrdersPage isUnconfirmed={isUnconfirmed} /> },
      { path: '/sandbox/3-d-secure/:reference', element: <p>The bank</p> },
    ],
    { initialEntries: [{ pathname, search, hash, state: state ?? null }] },
  )
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  const { unmount } = render(
    <QueryClientProvider client={client}>
      <RouterProvider router={router} />
    </QueryClientProvider>,
  )
  return { router, unmount }
}
