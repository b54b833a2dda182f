// What the catalogue's tests have in common: products, answers of the server, and the page with the header's search.
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { render } from '@testing-library/react'
import { http, HttpResponse } from 'msw'
import { createMemoryRouter, RouterProvider } from 'react-router'
import type { Product, ProductPage } from '../../api/types'
import { server } from '../../testing/shop'
import { CataloguePage } from './CataloguePage'

export const product = (name: string): Product => ({
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

export function page(names: string[], more: Partial<ProductPage> = {}): ProductPage {
  return {
    items: names.map(product),
    total: names.length,
    next: null,
    elsewhere: null,
    nearest: [],
    without_words: false,
    facets: {
      category: [{ value: 'kitchen', count: 7 }],
      price: [{ from: 1000, to: 2499, count: 5 }],
      availability: [{ value: 'in-stock', count: 4 }],
    },
    ...more,
  }
}

/** Opens the catalogue; every search that is asked for goes through `answer`. */
export function visit(
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
