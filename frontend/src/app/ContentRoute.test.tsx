// The pages that are texts: each is there, says that it is a sample, and leads nowhere into the void.
import fs from 'node:fs'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { render, screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { createMemoryRouter, matchRoutes, MemoryRouter, RouterProvider } from 'react-router'
import { http, HttpResponse } from 'msw'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { formatMoney } from '../components/money'
import { slugs } from '../features/pages/content'
import { aboutPages, helpPages } from '../features/pages/pages'
import { seller } from '../testing/orders'
import { problem, server } from '../testing/shop'
import { ContentRoute } from './ContentRoute'
import { Footer } from './Footer'
import { createRoutes } from './routes'

vi.mock('../features/cart/AddToCart', () => ({ AddToCart: () => null }))

beforeAll(() => server.listen({ onUnhandledRequest: 'error' }))
beforeEach(() => server.use(http.get('*/api/commands/seller', () => HttpResponse.json(seller))))
afterEach(() => server.resetHandlers())
afterAll(() => server.close())

const listed = [...helpPages, ...aboutPages]
const routes = createRoutes(new QueryClient())

function visit(address: string) {
  const router = createMemoryRouter(
    [
      { path: '/pages/:slug', Component: ContentRoute },
      { path: '*', element: <p>Elsewhere</p> },
    ],
    { initialEntries: [address] },
  )
  render(
    <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
      <RouterProvider router={router} />
    </QueryClientProvider>,
  )
  return router
}

it('every page that there is stands in the footer, and every page in the footer is there', () => {
  expect(listed.map(({ slug }) => slug).sort()).toEqual([...slugs].sort())
  render(
    <MemoryRouter>
      <Footer />
    </MemoryRouter>,
  )
  for (const [group, pages] of [
    ['Help', helpPages],
    ['About', aboutPages],
  ] as const) {
    const links = within(screen.getByRole('navigation', { name: group }))
    for (const { slug, name } of pages) {
      expect(links.getByRole('link', { name })).toHaveAttribute('href', `/pages/${slug}`)
    }
  }
})

it.each(listed)(
  'the page $slug has its title, and says that its text is a sample',
  async ({ slug, name }) => {
    visit(`/pages/${slug}`)
    expect(await screen.findByRole('heading', { level: 1, name })).toBeVisible()
    expect(document.title).toBe(`${name} · Cartwright`)
    expect(screen.getByRole('note')).toHaveTextContent('Sample text: replace it before you sell.')
  },
)

it.each(slugs)('every link of the page %s leads somewhere', async (slug) => {
  visit(`/pages/${slug}`)
  await screen.findByRole('note')
  for (const link of screen.queryAllByRole('link')) {
    const href = link.getAttribute('href') ?? ''
    if (/^mailto:[^@\s]+@[^@\s]+$|^tel:\+\d+$/.test(href)) continue
    const { pathname } = new URL(href, 'http://shop.example')
    expect(href, 'a link to the shop').toMatch(/^\//)
    const [page] = (matchRoutes(routes, pathname) ?? []).slice(-1)
    expect(page?.route.path, `${href} is no page of the shop`).not.toBe('*')
    const [, text] = /^\/pages\/(.+)$/.exec(pathname) ?? []
    if (text !== undefined) expect(slugs, `${href} is no page`).toContain(text)
  }
})

it.each(['imprint', 'contact', 'withdrawal'])(
  'the page %s names the seller of the settings',
  async (slug) => {
    visit(`/pages/${slug}`)
    expect(await screen.findByText('Lovelace & Daughters')).toBeVisible()
    expect(screen.getByText('9000 Ghent')).toBeVisible()
    expect(screen.getByText('VAT ID BE0123456789')).toBeVisible()
    expect(screen.getByRole('link', { name: seller.email })).toHaveAttribute('href', `mailto:${seller.email}`)
    expect(screen.getByRole('link', { name: seller.phone })).toHaveAttribute('href', 'tel:+3291234567')
  },
)

it('a seller that cannot be asked for is asked for again', async () => {
  let isDown = true
  server.use(
    http.get('*/api/commands/seller', () =>
      isDown ? problem(400, 'broken', 'No.') : HttpResponse.json(seller),
    ),
  )
  visit('/pages/imprint')
  expect(await screen.findByRole('alert')).toHaveTextContent('cannot be shown')
  isDown = false
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }))
  expect(await screen.findByText('Lovelace & Daughters')).toBeVisible()
})

it('a link in a text opens its page without loading the shop anew', async () => {
  const router = visit('/pages/imprint')
  await userEvent.click(await screen.findByRole('link', { name: 'contact page' }))
  expect(await screen.findByRole('heading', { level: 1, name: 'Contact' })).toBeVisible()
  expect(router.state.location.pathname).toBe('/pages/contact')
})

it.each(['nothing', 'constructor', '..%2Fimprint', 'imprint.md'])('there is no page %s', async (slug) => {
  visit(`/pages/${slug}`)
  expect(await screen.findByRole('heading', { level: 1, name: /nothing on this shelf/ })).toBeVisible()
  expect(document.title).toBe('Not found · Cartwright')
})

it('the withdrawal page has the model form of Directive 2011/83/EU, Annex I B', async () => {
  visit('/pages/withdrawal')
  await screen.findByRole('heading', { name: 'Model withdrawal form' })
  for (const words of [
    /hereby give notice that I\/We \(\*\) withdraw from my\/our \(\*\) contract of sale/,
    /Ordered on \(\*\)\/received on \(\*\)/,
    /Name of consumer\(s\)/,
    /Address of consumer\(s\)/,
    /Signature of consumer\(s\) \(only if this form is notified on paper\)/,
    /Delete as appropriate/,
  ]) {
    expect(screen.getByText(words).closest('blockquote')).not.toBeNull()
  }
})

it('the page about shipping has the costs of the rules that the shop comes with', async () => {
  interface Option {
    name: string
    takes: string
    prices: Record<string, { price: number; free_from: number | null }>
  }
  const file = fs.readFileSync('../command-api/checkout_rules.json', 'utf8')
  const { shipping } = JSON.parse(file) as { shipping: Option[] }
  visit('/pages/shipping-and-payment')
  const rows = within(await screen.findByRole('table'))
    .getAllByRole('row')
    .slice(1)
  const said = rows.map((row) =>
    within(row)
      .getAllByRole('cell')
      .map((cell) => cell.textContent),
  )
  const euros = (minor: number | null | undefined) =>
    minor == null ? '–' : formatMoney({ minor, currency: 'EUR' })
  expect(said).toEqual(
    shipping.map(({ name, takes, prices: { EUR } }) => [
      name,
      takes,
      euros(EUR?.price),
      euros(EUR?.free_from),
    ]),
  )
})
