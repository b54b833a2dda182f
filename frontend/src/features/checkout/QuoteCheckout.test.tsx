// Ordering at a quoted price: filled in from the account, the total before it is agreed to, one order.
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { render, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { http, HttpResponse } from 'msw'
import { createMemoryRouter, RouterProvider } from 'react-router'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { home } from '../../testing/accounts'
import { eur, LINK, ORDER, quote, quotedMug, totals } from '../../testing/orders'
import { QUOTE, REQUEST } from '../../testing/requests'
import { checkoutSettings } from '../../testing/settings'
import { problem, server } from '../../testing/shop'
import { QuoteCheckout } from './QuoteCheckout'
import type { Shopper } from './shopper'

beforeAll(() => server.listen({ onUnhandledRequest: 'error' }))
afterEach(() => server.resetHandlers())
afterAll(() => server.close())

const HERE = `/requests/${REQUEST}/accept`
const user = userEvent.setup({ delay: null })
const press = (name: string | RegExp) => user.click(screen.getByRole('button', { name }))
const many = quote({
  lines: [quotedMug({ quantity: 500, unit_price: eur(1700), line_total: eur(850_000) })],
  totals: totals(850_000),
})

interface Heard {
  key: string | null
  body: Record<string, unknown>
}

function visit({
  accept = () => HttpResponse.json({ id: ORDER, version: 1, position: 1, link: LINK }, { status: 201 }),
  total = () => HttpResponse.json(many),
}: { accept?: () => Response; total?: () => Response } = {}) {
  const accepted: Heard[] = []
  server.use(
    http.get('*/api/commands/checkout-settings', () =>
      HttpResponse.json(checkoutSettings({ countries: ['DE', 'FR'] })),
    ),
    http.post(`*/api/commands/requests/${REQUEST}/quotes/${QUOTE}/total`, () => total()),
    http.post(`*/api/commands/requests/${REQUEST}/quotes/${QUOTE}/acceptance`, async ({ request }) => {
      const body = (await request.json()) as Record<string, unknown>
      accepted.push({ key: request.headers.get('idempotency-key'), body })
      return accept()
    }),
    http.get('*/api/queries/products', () =>
      HttpResponse.json({ items: [], total: 0, next: null, facets: {} }),
    ),
  )
  const shopper: Shopper = { kind: 'account', email: 'ada@example.org', addresses: [home] }
  const router = createMemoryRouter(
    [
      {
        path: '/requests/:id/accept',
        element: <QuoteCheckout offer={{ request: REQUEST, quote: QUOTE }} shopper={shopper} />,
      },
      { path: '/requests/:id', element: <p>The request</p> },
      { path: '/orders/:id', element: <p>The order</p> },
    ],
    { initialEntries: [HERE] },
  )
  render(
    <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
      <RouterProvider router={router} />
    </QueryClientProvider>,
  )
  return { accepted, router }
}

async function toTotal() {
  await user.click(await screen.findByRole('button', { name: 'Continue to delivery' }))
  await user.click(await screen.findByRole('button', { name: 'Continue to the total' }))
  return screen.findByRole('button', { name: /^Order for/ })
}

it('what the account knows is filled in, and the total is shown before it is ordered', async () => {
  const { accepted, router } = visit()
  expect(await screen.findByLabelText('E-mail')).toHaveValue('ada@example.org')
  expect(screen.getByLabelText('Street and number')).toHaveValue(home.line1)
  expect(await toTotal()).toHaveTextContent(/Order for 8,504\.90.€/)
  expect(screen.getByText(/Ada Lovelace, Lindenstraße 12/)).toBeVisible()
  expect(accepted).toEqual([])
  await press(/^Order for/)
  expect(await screen.findByText('The order')).toBeVisible()
  expect(`${router.state.location.pathname}${router.state.location.hash}`).toBe(LINK)
  expect(accepted).toMatchObject([
    {
      key: expect.any(String),
      body: {
        contact: { email: 'ada@example.org', name: 'Ada Lovelace', line1: 'Lindenstraße 12' },
        country: 'DE',
        shipping_option: 'standard',
        total: eur(850_490),
      },
    },
  ])
})

it('a total that changed is shown, and agreed to anew', async () => {
  let isChanged = false
  const { accepted } = visit({
    total: () => HttpResponse.json(isChanged ? { ...many, totals: totals(850_000, 990) } : many),
    accept: () => {
      isChanged = true
      return problem(422, 'total-changed', 'No.')
    },
  })
  await toTotal()
  await press(/^Order for/)
  expect(await screen.findByText(/nothing was ordered. Please look at it and order again/)).toBeVisible()
  expect(await screen.findByRole('button', { name: /Order for 8,509\.90/ })).toBeVisible()
  await press(/^Order for/)
  await waitFor(() => expect(accepted).toHaveLength(2))
  expect(accepted[1]?.body.total).toEqual(eur(850_990))
})

it('the same is sent under the same key until it is answered', async () => {
  let isLost = true
  const { accepted } = visit({
    accept: () => {
      if (isLost) {
        isLost = false
        return problem(503, 'unavailable', 'No.', { 'retry-after': '0' })
      }
      return HttpResponse.json({ id: ORDER, version: 1, position: 1, link: LINK })
    },
  })
  await toTotal()
  await press(/^Order for/)
  expect(await screen.findByText('The order')).toBeVisible()
  expect(accepted).toHaveLength(2)
  expect(accepted[0]?.key).toBe(accepted[1]?.key)
})

it('a quote that cannot be ordered any more says why, and leads back', async () => {
  visit({ total: () => problem(422, 'quote-expired', 'No.') })
  expect(await screen.findByText(/The quote has expired, and nothing was ordered/)).toBeVisible()
  expect(screen.getByRole('link', { name: 'Back to the quote' })).toHaveAttribute(
    'href',
    `/requests/${REQUEST}`,
  )
})

it('a reload in the middle begins with the details', async () => {
  const { router } = visit()
  await screen.findByLabelText('E-mail')
  await router.navigate(`${HERE}?step=total`)
  expect(await screen.findByRole('button', { name: 'Continue to the total' })).toBeVisible()
})
