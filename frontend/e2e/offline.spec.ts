// Offline, slow and broken: what people see, and how it goes on.
import { expect, test, type BrowserContext, type Page } from '@playwright/test'
import { cartButton, putIntoCart, storedCart, thingsToBuy } from './shop'

const connection = (page: Page) => page.getByRole('banner').getByRole('status', { name: 'Connection' })
const OFFLINE = 'You are offline. Changes to your cart are kept and sent when you are back online.'

/** What the service worker keeps, as paths. */
function keptAddresses(page: Page): Promise<string[]> {
  return page.evaluate(async () => {
    const addresses: string[] = []
    for (const name of await caches.keys())
      for (const { url } of await (await caches.open(name)).keys()) addresses.push(url)
    return addresses.map((url) => new URL(url)).map(({ pathname, search }) => pathname + search)
  })
}

/** The page's first load is over, and the worker has what it keeps. */
async function isPrepared(page: Page): Promise<void> {
  await page.evaluate(() => navigator.serviceWorker.ready)
  await expect
    .poll(
      async () => (await keptAddresses(page)).filter((at) => at.startsWith('/api/queries/products')).length,
    )
    .toBeGreaterThanOrEqual(1)
}

test.describe('with the service worker', () => {
  test.use({ serviceWorkers: 'allow' })

  test('after one visit the home page and the catalogue open without a connection', async ({
    page,
    context,
  }) => {
    await page.goto('/')
    await isPrepared(page)
    // The list of everything was asked for behind the home page.
    await expect
      .poll(async () => (await keptAddresses(page)).filter((at) => /limit=24/.test(at)).length)
      .toBe(1)
    const names = await page
      .getByRole('region', { name: 'New' })
      .getByRole('heading', { level: 3 })
      .allTextContents()
    expect(names.length).toBeGreaterThan(0)

    await context.setOffline(true)
    await page.reload()
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
    await expect(connection(page)).toHaveText(OFFLINE)
    await expect(page.getByRole('region', { name: 'New' }).getByRole('heading', { level: 3 })).toHaveText(
      names,
    )
    await page.goto('/shop')
    await expect(page.getByRole('main').getByRole('listitem').first()).toBeVisible()
    await expect(page.getByRole('main').getByRole('alert')).toHaveCount(0)
    // Nobody knows what is in the cart.
    await expect(page.getByRole('banner').getByText(/^Cart, number of items unknown/)).toBeVisible()

    await context.setOffline(false)
    await expect(connection(page)).toBeEmpty()
    await expect(cartButton(page)).toContainText('0')
  })

  test('one tap on the cart shows it without a connection, and its changes are sent afterwards', async ({
    page,
    context,
    request,
  }) => {
    const [mug] = await thingsToBuy(request, 1)
    if (mug === undefined) throw new Error('the shop is empty')
    await putIntoCart(page, mug)
    await isPrepared(page)
    await context.setOffline(true)
    await expect(connection(page)).toHaveText(OFFLINE)
    await cartButton(page).click()
    const drawer = page.getByRole('dialog', { name: 'Your cart' })
    await expect(drawer.getByText(mug.name).first()).toBeVisible()
    await expect(drawer.getByText(OFFLINE)).toBeVisible()
    await drawer.getByRole('button', { name: /^Increase/ }).click()
    await expect(drawer.getByText('Waiting to be sent')).toBeVisible()
    await context.setOffline(false)
    await expect(drawer.getByText('Waiting to be sent')).toBeHidden()
    await expect.poll(() => storedCart(page)).toEqual({ [mug.sku]: 2 })
  })

  test('keeps nothing that is anybody’s: no cart, no order, no search, no session', async ({
    page,
    request,
  }) => {
    const [mug] = await thingsToBuy(request, 1)
    if (mug === undefined) throw new Error('the shop is empty')
    await page.goto('/')
    await isPrepared(page)
    await putIntoCart(page, mug)
    for (const at of ['/cart', '/checkout/details', '/orders', '/account', '/shop?q=a+present'])
      await page.goto(at)
    await expect(page.getByRole('main').getByRole('heading', { level: 1 })).toBeVisible()
    const kept = await keptAddresses(page)
    expect(kept).toContain(`/api/queries/products/${mug.sku}`)
    for (const at of kept) {
      const { pathname, searchParams } = new URL(at, 'http://shop.test')
      expect(pathname).toMatch(/^(\/index\.html|\/assets\/[^/]+|\/api\/queries\/products(\/[^/]+)?)$/)
      expect(searchParams.has('q') || searchParams.has('sku'), at).toBe(false)
    }
  })
})

test('a page that is not there offline leaves header and footer, and opens when the browser is back online', async ({
  page,
  context,
  request,
}) => {
  const [mug] = await thingsToBuy(request, 1)
  if (mug === undefined) throw new Error('the shop is empty')
  await putIntoCart(page, mug)
  await page.goto('/cart')
  await expect(page.getByRole('link', { name: 'Check out' })).toBeVisible()
  await context.setOffline(true)
  await page.getByRole('link', { name: 'Check out' }).click()
  await expect(
    page.getByRole('main').getByRole('heading', { level: 1, name: 'This page did not load.' }),
  ).toBeVisible()
  await expect(page.getByRole('main').getByRole('alert')).toContainText('You are offline. Your cart is safe.')
  await expect(page.getByRole('contentinfo')).toBeVisible()
  await expect(connection(page)).toHaveText(OFFLINE)
  await context.setOffline(false)
  await expect(page.getByRole('heading', { level: 1, name: 'Checkout' })).toBeVisible()
  await expect(page.getByRole('textbox', { name: 'E-mail' })).toBeVisible()
})

test('a new deploy is loaded once where a part of the old one is gone', async ({ page }) => {
  await page.goto('/')
  // The old build's pages are gone, and the shop serves a page with another first script.
  await page.route('**/assets/*OrdersRoute*', (route) => route.fulfill({ status: 404, body: '' }))
  let served = 0
  await page.route('**/index.html?served', async (route) => {
    served += 1
    await route.fulfill({
      contentType: 'text/html',
      body: '<script type="module" src="/assets/index-of-tomorrow.js"></script>',
    })
  })
  let loads = 0
  page.on('request', (request) => {
    if (request.isNavigationRequest()) loads += 1
  })
  await page.getByRole('contentinfo').getByRole('link', { name: 'Your orders' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'This page did not load.' })).toBeVisible()
  await expect.poll(() => loads).toBe(1)
  // The page that was loaded anew fails as well: it says so, and is not loaded again.
  await expect.poll(() => served).toBeGreaterThanOrEqual(2)
  await expect(page.getByRole('heading', { level: 1, name: 'This page did not load.' })).toBeVisible()
  await page.waitForTimeout(3_000)
  expect(loads).toBe(1)
})

test('a shop that hangs says so after 5 s, and offers a way out after 15', async ({ page, request }) => {
  const [mug] = await thingsToBuy(request, 1)
  if (mug === undefined) throw new Error('the shop is empty')
  const address = `**/api/queries/products/${mug.sku}`
  await page.route(address, () => {
    // It never answers.
  })
  await page.goto(`/products/${mug.sku}`)
  await expect(connection(page)).toHaveText('This takes longer than usual.')
  const trouble = page.getByRole('main').getByRole('alert')
  await expect(trouble).toContainText('Something is wrong on our side. Your cart is safe.')
  await expect(trouble.getByRole('heading', { level: 1 })).toBeVisible()
  await expect(connection(page)).toBeEmpty()
  await page.unroute(address)
  await page.getByRole('button', { name: 'Try again' }).click()
  await expect(page.getByRole('heading', { level: 1, name: mug.name })).toBeVisible()
})

/** Counts the streams that a browser asks for. */
function countStreams(context: BrowserContext): { asked: number } {
  const count = { asked: 0 }
  context.on('request', (asked) => {
    if (new URL(asked.url()).pathname === '/api/queries/live') count.asked += 1
  })
  return count
}

test('eight tabs load, with one live stream among them, and hear of the cart after the first is closed', async ({
  context,
  request,
}) => {
  const [mug] = await thingsToBuy(request, 1)
  if (mug === undefined) throw new Error('the shop is empty')
  const streams = countStreams(context)
  const tabs: Page[] = []
  for (let opened = 0; opened < 8; opened += 1) {
    const tab = await context.newPage()
    tabs.push(tab)
    await tab.goto('/cart')
    await expect(cartButton(tab)).toContainText('0')
  }
  expect(streams.asked).toBe(1)
  await tabs.shift()?.close()
  await expect.poll(() => streams.asked).toBe(2)
  const [first, ...others] = tabs
  if (first === undefined) throw new Error('no tab is left')
  await putIntoCart(first, mug)
  for (const tab of others) await expect(cartButton(tab)).toContainText('1')
  expect(streams.asked).toBeLessThanOrEqual(3)
})
