// What a browser asks for before the code is there is what the page asks for then; otherwise it would be asked for twice.
import { QueryClient } from '@tanstack/react-query'
import { http, HttpResponse } from 'msw'
import { createMemoryRouter } from 'react-router'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { createRoutes } from './routes'
import { server } from '../testing/shop'
import { firstSteps } from '../../build/firstSteps'

beforeAll(() => server.listen({ onUnhandledRequest: 'error' }))
afterEach(() => server.resetHandlers())
afterAll(() => server.close())

function stepsAt(address: string): { page: string | undefined; question: string | null } {
  const document = new DOMParser().parseFromString('<!doctype html><html><head></head></html>', 'text/html')
  const { pathname, search } = new URL(address, 'http://localhost')
  firstSteps({ pathname, search }, document)
  const link = document.querySelector('link[rel=preload][as=fetch][crossorigin=anonymous]')
  return { page: document.documentElement.dataset.page, question: link?.getAttribute('href') ?? null }
}

it.each([
  ['/', 'home'],
  ['/shop', 'all'],
  ['/shop?category=kitchen', 'kitchen'],
  ['/products/KIT-KETTLE-STEEL', 'product'],
])('%s asks the question of its page', async (address, page) => {
  const asked: string[] = []
  server.use(
    http.get('*/api/queries/*', ({ request }) => {
      asked.push(request.url.replace(window.location.origin, ''))
      return HttpResponse.json({})
    }),
  )
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  const router = createMemoryRouter(createRoutes(client), { initialEntries: [address] })
  await expect.poll(() => asked.length).toBe(1)
  router.dispose()
  expect(stepsAt(address)).toEqual({ page, question: asked[0] })
})

it.each(['/shop?q=mug', '/shop?category=kitchen&sort=name', '/cart', '/products/not%20a%20sku', '/staff'])(
  '%s asks for nothing',
  (address) => {
    expect(stepsAt(address)).toEqual({ page: 'other', question: null })
  },
)
