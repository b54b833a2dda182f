// Measures the first visit on a throttled phone and prints it: `BUDGET …` lines, read by people and docs/benchmarks.md.
import { gzipSync } from 'node:zlib'
import { expect, test, type Browser, type CDPSession, type Page } from '@playwright/test'
import { thingsToBuy } from './shop'

const MAX_SCRIPT_BYTES = 170 * 1024
const MAX_SHIFT = 0.02

/** A mid-range phone on a good mobile network: 4x slower processor, 9 Mbit/s, 60 ms there and back. */
async function slowPhone(browser: Browser): Promise<{ page: Page; devtools: CDPSession }> {
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
    latency: 60,
    downloadThroughput: (9 * 1024 * 1024) / 8,
    uploadThroughput: (1.5 * 1024 * 1024) / 8,
  })
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: 4 })
  await page.addInitScript(() => {
    const seen = { lcp: 0, cls: 0 }
    Object.assign(window, { seen })
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
  return { page, devtools }
}

const pages = ['/', '/shop', '/products/:sku', '/cart']

for (const address of pages) {
  test(`${address} is light, quick and still on a slow phone`, async ({ browser, request }) => {
    const [thing] = await thingsToBuy(request, 1)
    const { page } = await slowPhone(browser)
    const scripts: Promise<number>[] = []
    page.on('response', (response) => {
      if (/\.js$/.test(new URL(response.url()).pathname)) {
        scripts.push(response.body().then((body) => gzipSync(body, { level: 9 }).length))
      }
    })
    await page
      .goto(address.replace(':sku', thing?.sku ?? ''), { waitUntil: 'networkidle' })
      .catch(() => undefined)
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
    await expect(page.locator('[aria-busy=true], .skeleton')).toHaveCount(0)
    // What is late shows up late: a quiet second before reading.
    await page.waitForTimeout(1_000)
    const bytes = (await Promise.all(scripts)).reduce((sum, size) => sum + size, 0)
    const { lcp, cls } = await page.evaluate(
      () => (window as unknown as { seen: { lcp: number; cls: number } }).seen,
    )
    console.log(
      `BUDGET ${address} lcp_ms=${lcp.toFixed(0)} cls=${cls.toFixed(4)} script_kb_gzip=${(bytes / 1024).toFixed(1)}`,
    )
    expect(bytes).toBeLessThanOrEqual(MAX_SCRIPT_BYTES)
    expect(cls).toBeLessThanOrEqual(MAX_SHIFT)
    await page.context().close()
  })
}

test('an added thing is visible at once on a slow phone', async ({ browser, request }) => {
  const [thing] = await thingsToBuy(request, 1)
  const { page } = await slowPhone(browser)
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
