import AxeBuilder from '@axe-core/playwright'
import { expect, test, type Page } from '@playwright/test'
import { putIntoCart, thingsToBuy, type Shown } from './shop'

interface Place {
  name: string
  /** Leads to a page or a state of it. The things are in the cart where `inCart` says so. */
  open: (page: Page, thing: Shown) => Promise<unknown>
  inCart?: boolean
  only?: 'phone'
}

const places: Place[] = [
  { name: 'home', open: (page) => page.goto('/') },
  { name: 'the catalogue', open: (page) => page.goto('/shop') },
  {
    name: 'a filtered catalogue',
    open: (page) => page.goto('/shop?q=a&category=kitchen&in-stock=true&sort=name'),
  },
  { name: 'a catalogue without a match', open: (page) => page.goto('/shop?q=unicorn&category=desk') },
  {
    name: 'the catalogue while it cannot be reached',
    open: async (page) => {
      await page.route('**/api/queries/products?**', (route) => route.fulfill({ status: 400, body: '{}' }))
      await page.goto('/shop')
      await expect(page.getByRole('alert').filter({ hasText: 'did not load' })).toBeVisible()
    },
  },
  {
    name: 'the open filter sheet',
    only: 'phone',
    open: async (page) => {
      await page.goto('/shop')
      await page.getByRole('button', { name: 'Filter', exact: true }).click()
      await expect(page.getByRole('dialog', { name: 'Filter' })).toBeVisible()
    },
  },
  { name: 'a product', open: (page, thing) => page.goto(`/products/${thing.sku}`) },
  { name: 'the empty cart', open: (page) => page.goto('/cart') },
  { name: 'the cart', inCart: true, open: (page) => page.goto('/cart') },
  {
    name: 'the cart after a removal',
    inCart: true,
    open: async (page) => {
      await page.goto('/cart')
      await page.getByRole('button', { name: /^Remove/ }).click()
      await expect(page.getByRole('button', { name: 'Undo' })).toBeVisible()
    },
  },
  { name: 'the empty drawer', open: openDrawer },
  { name: 'the drawer', inCart: true, open: openDrawer },
  { name: 'a page that is not there', open: (page) => page.goto('/nowhere') },
]

async function openDrawer(page: Page) {
  await page.goto('/')
  await page.getByRole('banner').getByRole('button', { name: /^Cart/ }).click()
  await expect(page.getByRole('dialog', { name: 'Your cart' })).toBeVisible()
}

for (const colorScheme of ['light', 'dark'] as const) {
  for (const [device, width] of [
    ['phone', 390],
    ['desk', 1280],
  ] as const) {
    for (const { name, open, inCart, only } of places) {
      if (only !== undefined && only !== device) continue
      test(`axe finds nothing on ${name}, ${colorScheme}, ${width} px wide`, async ({ browser, request }) => {
        const context = await browser.newContext({
          colorScheme,
          viewport: { width, height: 844 },
          reducedMotion: 'reduce',
        })
        const page = await context.newPage()
        const [thing] = await thingsToBuy(request, 1)
        if (thing === undefined) throw new Error('the shop is empty')
        if (inCart === true) await putIntoCart(page, thing)
        await open(page, thing)
        await expect(page.locator('[aria-busy=true], .skeleton')).toHaveCount(0)
        await page.evaluate(() => document.fonts.ready.then(() => undefined))
        const { violations } = await new AxeBuilder({ page })
          .withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'])
          .analyze()
        expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.target.join(' '))])).toEqual(
          [],
        )
        await context.close()
      })
    }
  }
}

test('nothing needs a sideways scroll, down to 320 px', async ({ page, request }) => {
  const [thing] = await thingsToBuy(request, 1)
  if (thing === undefined) throw new Error('the shop is empty')
  await page.setViewportSize({ width: 320, height: 640 })
  await putIntoCart(page, thing)
  for (const address of ['/', '/shop', '/shop?q=unicorn', `/products/${thing.sku}`, '/cart', '/nowhere']) {
    await page.goto(address)
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
    const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
    expect(wider, address).toBeLessThanOrEqual(0)
  }
})

test('on touch nothing that is pressed is smaller than 24 px, and what is pressed often not than 44', async ({
  browser,
  request,
}) => {
  const context = await browser.newContext({ viewport: { width: 390, height: 844 }, hasTouch: true })
  const page = await context.newPage()
  const [thing] = await thingsToBuy(request, 1)
  if (thing === undefined) throw new Error('the shop is empty')
  await putIntoCart(page, thing)
  for (const address of ['/shop', `/products/${thing.sku}`, '/cart']) {
    await page.goto(address)
    await expect(page.locator('[aria-busy=true], .skeleton')).toHaveCount(0)
    const sizes = await page
      .locator('button:visible')
      .evaluateAll((buttons) =>
        buttons
          .filter((button) => button.closest('[inert]') === null)
          .map((button) => ({ text: button.textContent, height: button.getBoundingClientRect().height })),
      )
    expect(sizes.filter(({ height }) => height < 44)).toEqual([])
  }
  await context.close()
})
