// What the journeys have in common: finding products, reading the cart, acting as staff.
import fs from 'node:fs'
import path from 'node:path'
import { expect, type APIRequestContext, type Locator, type Page } from '@playwright/test'

export interface Shown {
  sku: string
  name: string
  category: string
  price: { minor: number; currency: string }
}

/** Things of the seeded catalogue that can be bought. */
export async function thingsToBuy(request: APIRequestContext, howMany: number): Promise<Shown[]> {
  const answer = await request.get('/api/queries/products?category=kitchen&in-stock=true&sort=name')
  expect(answer.ok(), 'the shop answers; is it running? ./dev up starts it').toBe(true)
  const { items } = (await answer.json()) as { items: Shown[] }
  expect(items.length).toBeGreaterThanOrEqual(howMany)
  return items.slice(0, howMany)
}

export async function putIntoCart(page: Page, { sku }: Shown): Promise<void> {
  await page.goto(`/products/${sku}`)
  await page.getByRole('button', { name: 'Add to cart', exact: true }).click()
  await expect(page.getByText('1 in your cart')).toBeVisible()
  await settled(page)
}

/** Waits until the server knows everything that this tab asked for. */
export async function settled(page: Page): Promise<void> {
  await expect
    .poll(() =>
      page.evaluate(
        () => JSON.parse(sessionStorage.getItem('cartwright.unanswered') ?? '{}').pending?.length ?? 0,
      ),
    )
    .toBe(0)
}

/** What the server has in this shopper's cart, apart from anything that the page shows. */
export async function storedCart(page: Page): Promise<Record<string, number>> {
  const answer = await page.request.get('/api/queries/carts/current')
  if (answer.status() === 204) return {}
  const { lines } = (await answer.json()) as { lines: { sku: string; quantity: number }[] }
  return Object.fromEntries(lines.map(({ sku, quantity }) => [sku, quantity]))
}

export const cartButton = (page: Page): Locator =>
  page
    .getByRole('banner')
    .locator('button, a')
    .filter({ hasText: /^Cart, \d/ })
export const quantityOf = (page: Page, { name }: Shown): Locator =>
  page.getByRole('textbox', { name: `Quantity of ${name}`, exact: true })
export const plusFor = (page: Page, { name }: Shown): Locator =>
  page.getByRole('button', { name: `Increase Quantity of ${name}`, exact: true })

/** Staff's token: given, or the one that ./dev up keeps in its data folder. */
export function staffToken(): string {
  if (process.env.STAFF_TOKEN) return process.env.STAFF_TOKEN
  const folder = path.resolve(import.meta.dirname, '../..', process.env.DATA_DIR ?? '.local')
  return fs.readFileSync(path.join(folder, 'staff-token'), 'utf8').trim()
}

/** A product of this test's own, so that nobody else minds what happens to it. */
export async function listedByStaff(
  request: APIRequestContext,
  name: string,
  minor: number,
  stock = 9,
  description = 'For a test.',
): Promise<Shown> {
  const sku = `E2E-${crypto.randomUUID().slice(0, 8).toUpperCase()}`
  const product = { sku, name, category: 'desk', price: { minor, currency: 'EUR' } }
  await asStaff(request, 'post', '/api/commands/products', {
    ...product,
    description,
    picture: null,
  })
  await asStaff(request, 'post', `/api/commands/stock/${sku}/receipts`, { quantity: stock })
  await expect.poll(async () => (await request.get(`/api/queries/products/${sku}`)).status()).toBe(200)
  return product
}

export async function changedPrice(request: APIRequestContext, { sku }: Shown, minor: number): Promise<void> {
  await asStaff(request, 'put', `/api/commands/products/${sku}/price`, { price: { minor, currency: 'EUR' } })
}

export async function delisted(request: APIRequestContext, { sku }: Shown): Promise<void> {
  await asStaff(request, 'post', `/api/commands/products/${sku}/delist`)
}

export async function asStaff(
  request: APIRequestContext,
  method: 'post' | 'put',
  url: string,
  data?: object,
): Promise<void> {
  const answer = await request[method](url, {
    headers: { authorization: `Bearer ${staffToken()}` },
    ...(data === undefined ? {} : { data }),
  })
  expect(answer.ok(), `${url}: ${answer.status()} ${await answer.text()}`).toBe(true)
}
