// Measures the first visit on a throttled phone and prints it: `BUDGET …` lines, read by people and docs/benchmarks.md. Bytes,
// requests and shifts have limits; times depend on the machine and have none.
import { gzipSync } from 'node:zlib'
import { expect, test, type Browser, type Page } from '@playwright/test'
import { putIntoCart, thingsToBuy } from './shop'

const MAX_SCRIPT_BYTES = 150_000
const MAX_SHIFT = 0.02
const MAX_CHECKOUT_REQUESTS = 20

interface Network {
  name: string
  latency: number
  megabits: number
}

const goodNetwork: Network = { name: '9 Mbit/s, 60 ms', latency: 60, megabits: 9 }
const slowNetwork: Network = { name: '1.6 Mbit/s, 150 ms', latency: 150, megabits: 1.6 }

/** A mid-range phone, whose processor is four times slower, on a mobile network. */
async function slowPhone(browser: Browser, { latency, megabits }: Network): Promise<Page> {
  const context = await browser.newContext({
    viewport: { width: 390, height: 844 },
    deviceScaleFactor: 2,
    hasTouch: true,
  })
  const page = await context.newPage()
  const devtools = await context.newCDPSession(page)
  await devtools.send('Network.enable')
  await devtools.send('Network.emulateNetworkConditions', {
    offline: false,
    latency,
    downloadThroughput: (megabits * 1_000_000) / 8,
    uploadThroughput: 750_000 / 8,
  })
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: 4 })
  await page.addInitScript(() => {
    const seen = { fcp: 0, lcp: 0, cls: 0 }
    Object.assign(window, {
      seen,
      // What a page fetches when it is idle belongs to what is pressed later, not to the first load.
      requestIdleCallback: () => 0,
    })
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries())
        if (entry.name === 'first-contentful-paint') seen.fcp = entry.startTime
    }).observe({ type: 'paint', buffered: true })
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) seen.lcp = entry.startTime
    }).observe({ type: 'largest-contentful-paint', buffered: true })
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as (PerformanceEntry & {
        value: number
        hadRecentInput: boolean
      })[]) {
        if (!entry.hadRecentInput) seen.cls += entry.value
      }
    }).observe({ type: 'layout-shift', buffered: true })
  })
  return page
}

/** Opens the page and waits until nothing on it stands in for anything else. */
async function shown(page: Page, address: string): Promise<void> {
  // The live stream is never idle.
  await page.goto(address, { waitUntil: 'load' })
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
  await expect(page.locator('[aria-busy=true], .skeleton')).toHaveCount(0)
  // What is late shows up late: a quiet second before reading.
  await page.waitForTimeout(1_000)
}

const pages = ['/', '/shop', '/products/:sku', '/cart']

for (const network of [goodNetwork, slowNetwork]) {
  for (const address of pages) {
    test(`${address} is light and still on a slow phone (${network.name})`, async ({ browser, request }) => {
      const [thing] = await thingsToBuy(request, 1)
      const page = await slowPhone(browser, network)
      const scripts: Promise<number>[] = []
      let requests = 0
      page.on('request', () => (requests += 1))
      page.on('response', (response) => {
        if (/\.js$/.test(new URL(response.url()).pathname)) {
          scripts.push(response.body().then((body) => gzipSync(body, { level: 9 }).length))
        }
      })
      await shown(page, address.replace(':sku', thing?.sku ?? ''))
      const bytes = (await Promise.all(scripts)).reduce((sum, size) => sum + size, 0)
      const { fcp, lcp, cls } = await page.evaluate(
        () => (window as unknown as { seen: { fcp: number; lcp: number; cls: number } }).seen,
      )
      console.log(
        `BUDGET ${address} (${network.name}) fcp_ms=${fcp.toFixed(0)} lcp_ms=${lcp.toFixed(0)} cls=${cls.toFixed(4)} script_bytes_gzip=${bytes} requests=${requests}`,
      )
      expect(bytes).toBeGreaterThan(0)
      expect(bytes).toBeLessThanOrEqual(MAX_SCRIPT_BYTES)
      expect(cls).toBeLessThanOrEqual(MAX_SHIFT)
      await page.context().close()
    })
  }
}

test('the checkout asks for little, however slow the network is', async ({ browser, request }) => {
  const [thing] = await thingsToBuy(request, 1)
  if (thing === undefined) throw new Error('the shop is empty')
  const page = await slowPhone(browser, slowNetwork)
  await putIntoCart(page, thing)
  const asked: string[] = []
  await page.goto('about:blank')
  page.on('request', (one) => asked.push(`${one.method()} ${new URL(one.url()).pathname}`))
  await shown(page, '/checkout')
  await expect(page.getByRole('textbox', { name: 'E-mail' })).toBeVisible()
  console.log(`BUDGET /checkout requests=${asked.length}`)
  expect(asked.length, asked.join('\n')).toBeLessThanOrEqual(MAX_CHECKOUT_REQUESTS)
  await page.context().close()
})

test('an added thing is visible at once on a slow phone', async ({ browser, request }) => {
  const [thing] = await thingsToBuy(request, 1)
  const page = await slowPhone(browser, goodNetwork)
  await page.goto(`/products/${thing?.sku ?? ''}`)
  const button = page.getByRole('button', { name: 'Add to cart', exact: true })
  await button.scrollIntoViewIfNeeded()
  await page.evaluate(() => {
    const times = { pressed: 0, painted: 0 }
    Object.assign(window, { times })
    document.addEventListener('click', (event) => (times.pressed = event.timeStamp), { capture: true })
    new MutationObserver(() => {
      if (times.painted === 0 && /1 in your cart/.test(document.querySelector('main')?.textContent ?? '')) {
        requestAnimationFrame(() => setTimeout(() => (times.painted = performance.now())))
      }
    }).observe(document.body, { subtree: true, childList: true, characterData: true })
  })
  await button.click()
  await expect(page.getByText('1 in your cart')).toBeVisible()
  const read = () =>
    page.evaluate(() => {
      const { pressed, painted } = (window as unknown as { times: { pressed: number; painted: number } })
        .times
      return painted === 0 ? 0 : painted - pressed
    })
  await expect.poll(read).toBeGreaterThan(0)
  console.log(`BUDGET add_to_cart_visible_ms=${(await read()).toFixed(0)}`)
  await page.context().close()
})
