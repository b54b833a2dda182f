// The catalogue's states: waiting, filled, filtered, empty, failed.
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { render, screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { http, HttpResponse } from 'msw'
import { createMemoryRouter, RouterProvider } from 'react-router'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import type { Product, ProductPage } from '../../api/types'
import { problem, server } from '../../testing/shop'
import { CataloguePage } from './CataloguePage'

beforeAll(() => server.listen({ onUnhandledRequest: 'error' }))
afterEach(() => server.resetHandlers())
afterAll(() => server.close())

const product = (name: string): Product => ({
  sku: name.toUpperCase().replaceAll(' ', '-'),
  version: 1,
  name,
  description: `${name} for every day`,
  category: 'kitchen',
  picture: null,
  price: { minor: 2200, currency: 'EUR' },
  previous_price: null,
  listed: true,
  available: 9,
  availability: 'in-stock',
  listed_at: '2026-01-01T10:00:00Z',
  back_in_stock_at: null,
  updated_at: '2026-01-01T10:00:00Z',
})

function page(names: string[], more: Partial<ProductPage> = {}): ProductPage {
  return {
    items: names.map(product),
    total: names.length,
    next: null,
    facets: {
      category: [{ value: 'kitchen', count: 7 }],
      price: [{ from: 1000, to: 2499, count: 5 }],
      availability: [{ value: 'in-stock', count: 4 }],
    },
    ...more,
  }
}

/** Opens the catalogue; every search that is asked for goes through `answer`. */
function visit(
  address: string,
  answer: (asked: URLSearchParams) => ProductPage | Response | Promise<Response>,
) {
  server.use(
    http.get('*/api/queries/products', async ({ request }) => {
      const given = await answer(new URL(request.url).searchParams)
      return given instanceof Response ? given : HttpResponse.json(given)
    }),
  )
  const router = createMemoryRouter([{ path: '/shop', Component: CataloguePage }], {
    initialEntries: [address],
  })
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  render(
    <QueryClientProvider client={client}>
      <RouterProvider router={router} />
    </QueryClientProvider>,
  )
  return router
}

const user = userEvent.setup({ delay: null })

it('keeps a place for every product while they are asked for', async () => {
  visit('/shop', () => new Promise<Response>(() => {}))
  const list = await screen.findByRole('region', { name: 'Products' })
  expect(within(list).getAllByRole('listitem', { hidden: true })).toHaveLength(24)
})

it('shows the products, how many there are, and the counts of the server', async () => {
  visit('/shop', () => page(['Mug', 'Kettle'], { total: 2 }))
  expect(await screen.findByRole('link', { name: 'Kettle' })).toHaveAttribute('href', '/products/KETTLE')
  expect(screen.getByText('2 things')).toBeVisible()
  expect(screen.getByRole('radio', { name: 'Kitchen 7 things' })).not.toBeChecked()
  expect(screen.getByRole('checkbox', { name: 'In stock 4 things' })).toBeVisible()
})

it('puts what is chosen into the address and asks the server', async () => {
  const router = visit('/shop', (asked) =>
    page(asked.get('category') === 'kitchen' ? ['Kettle'] : ['Mug', 'Lamp']),
  )
  await user.click(await screen.findByRole('radio', { name: /Kitchen/ }))
  await waitFor(() => expect(screen.queryByRole('link', { name: 'Lamp' })).toBeNull())
  expect(router.state.location.search).toBe('?category=kitchen')
  expect(screen.getByRole('heading', { level: 1 })).toHaveTextContent('Kitchen')
})

it('lists what is sold in the currency of the shop, and names ranges in it', async () => {
  const asked: (string | null)[] = []
  visit('/shop?max-price=999', (search) => {
    asked.push(search.get('currency'))
    return page([])
  })
  expect(await screen.findByRole('radio', { name: /10\u00a0€ to 25\u00a0€/ })).toBeVisible()
  expect(asked).toEqual(['EUR'])
})

it('searches while somebody types, without a history entry per letter', async () => {
  const searched: (string | null)[] = []
  const router = visit('/shop', (asked) => {
    searched.push(asked.get('q'))
    return page(['Mug'])
  })
  await user.type(await screen.findByRole('searchbox'), 'mug')
  await waitFor(() => expect(router.state.location.search).toBe('?q=mug'))
  await waitFor(() => expect(searched).toEqual([null, 'mug']))
  expect(router.state.historyAction).toBe('REPLACE')
})

it('offers to clear the filters when nothing matches', async () => {
  const router = visit('/shop?q=unicorn&category=desk', (asked) => page(asked.has('q') ? [] : ['Mug']))
  expect(await screen.findByRole('heading', { name: 'Nothing matches “unicorn”' })).toBeVisible()
  await user.click(screen.getByRole('button', { name: 'Clear all filters' }))
  expect(await screen.findByRole('link', { name: 'Mug' })).toBeVisible()
  expect(router.state.location.search).toBe('')
})

it('shows further pages and keeps their number in the address', async () => {
  const router = visit('/shop', (asked) =>
    asked.get('cursor') === 'second'
      ? page(['Lamp'], { total: 2 })
      : page(['Mug'], { total: 2, next: 'second' }),
  )
  await user.click(await screen.findByRole('button', { name: 'Show 1 more' }))
  expect(await screen.findByRole('link', { name: 'Lamp' })).toBeVisible()
  expect(screen.getByRole('link', { name: 'Mug' })).toBeVisible()
  expect(router.state.location.search).toBe('?pages=2')
})

it('an address with several pages shows them all at once', async () => {
  visit('/shop?pages=2', (asked) =>
    asked.get('cursor') === 'second'
      ? page(['Lamp'], { total: 2 })
      : page(['Mug'], { total: 2, next: 'second' }),
  )
  expect(await screen.findByRole('link', { name: 'Lamp' })).toBeVisible()
})

it('says what happened when the shelves do not load, and tries again', async () => {
  let asked = 0
  visit('/shop', () => {
    asked += 1
    return asked === 1 ? problem(503, 'view-not-built', 'Being built.') : page(['Mug'])
  })
  expect(await screen.findByRole('alert')).toHaveTextContent('The shelves did not load')
  await user.click(screen.getByRole('button', { name: 'Try again' }))
  expect(await screen.findByRole('link', { name: 'Mug' })).toBeVisible()
})
