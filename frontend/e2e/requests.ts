// What the journeys of requests have in common: asking without a page, being somebody else, what staff do in between.
import { expect, type APIRequestContext, type Browser, type Page } from '@playwright/test'
import { registered } from './people'
import { asStaff, type Shown } from './shop'

/** Letters that no other test's titles have, so that nothing else is like them. */
export function unlike(): string {
  const letters = 'bcdfghjklmnpqrstvwxz'
  return [...crypto.getRandomValues(new Uint8Array(9))].map((byte) => letters[byte % letters.length]).join('')
}

interface Asked {
  kind: 'missing_product' | 'back_in_stock' | 'quote'
  title?: string
  description?: string
  sku?: string
  quantity?: number
}

/** Asks for something as whoever is signed in on the page. Answers its id once it is shown. */
export async function askedFor(page: Page, asked: Asked): Promise<string> {
  const answer = await page.request.post('/api/commands/requests', { data: asked })
  expect(answer.ok(), await answer.text()).toBe(true)
  const { id, version } = (await answer.json()) as { id: string; version: number }
  await expect
    .poll(async () => (await page.request.get(`/api/queries/requests/${id}?min-version=${version}`)).status())
    .toBe(200)
  return id
}

/** What the shop has of it, apart from anything that a page shows. */
export async function storedRequest(page: Page, id: string) {
  const answer = await page.request.get(`/api/queries/requests/${id}`)
  expect(answer.ok(), await answer.text()).toBe(true)
  return (await answer.json()) as {
    state: string
    supporters: number
    followers: number
    order: string | null
    quote: { unit_price: { minor: number }; quantity: number } | null
  }
}

export async function quotedByStaff(
  request: APIRequestContext,
  id: string,
  minor: number,
  quantity: number,
): Promise<void> {
  await asStaff(request, 'post', `/api/commands/requests/${id}/quotes`, {
    unit_price: { minor, currency: 'EUR' },
    quantity,
    days: 7,
  })
}

/** A product of this test's own that is sold out from the beginning. */
export async function soldOut(request: APIRequestContext, name: string): Promise<Shown> {
  const sku = `E2E-${crypto.randomUUID().slice(0, 8).toUpperCase()}`
  const product = { sku, name, category: 'desk', price: { minor: 1900, currency: 'EUR' } }
  await asStaff(request, 'post', '/api/commands/products', {
    ...product,
    description: 'For a test.',
    picture: null,
  })
  await expect.poll(async () => (await request.get(`/api/queries/products/${sku}`)).status()).toBe(200)
  return product
}

/** Somebody else with an account, in a browser of their own. */
export async function anotherPerson(
  browser: Browser,
  viewport = { width: 1280, height: 860 },
): Promise<Page> {
  const page = await (await browser.newContext({ viewport })).newPage()
  await registered(page)
  return page
}

export const inbox = (page: Page) => page.getByRole('banner').getByRole('link', { name: /^Inbox/ })
