import AxeBuilder from '@axe-core/playwright'
import { expect, test } from '@playwright/test'
import { aboutToPay, titled } from './till'

const pages = {
  'Shipping and payment': '/pages/shipping-and-payment',
  'Right of withdrawal': '/pages/withdrawal',
  Contact: '/pages/contact',
  Imprint: '/pages/imprint',
  Terms: '/pages/terms',
  Privacy: '/pages/privacy',
  Accessibility: '/pages/accessibility',
}

test('the footer leads to every page that a shop has to have', async ({ page }) => {
  await page.goto('/')
  for (const [name, address] of Object.entries(pages)) {
    await page.getByRole('contentinfo').getByRole('link', { name, exact: true }).click()
    await expect(titled(page, name)).toBeVisible()
    await expect(page).toHaveURL(address)
    await expect(page).toHaveTitle(`${name} · Cartwright`)
    await expect(page.getByRole('note')).toContainText('Sample text: replace it before you sell.')
  }
})

for (const colorScheme of ['light', 'dark'] as const) {
  for (const width of [320, 390, 1280]) {
    test(`the pages are accessible and fit, ${colorScheme}, ${width} px wide`, async ({ browser }) => {
      const context = await browser.newContext({ colorScheme, viewport: { width, height: 844 } })
      const page = await context.newPage()
      for (const [name, address] of Object.entries(pages)) {
        await page.goto(address)
        await expect(titled(page, name)).toBeVisible()
        const { violations } = await new AxeBuilder({ page })
          .withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice'])
          .analyze()
        expect(violations.map(({ id, nodes }) => [name, id, nodes.length])).toEqual([])
        const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
        expect(wider, name).toBeLessThanOrEqual(0)
      }
      await context.close()
    })
  }
}

test('a page prints alone, and the withdrawal form stays on one sheet', async ({ page }) => {
  await page.goto('/pages/withdrawal')
  await expect(titled(page, 'Right of withdrawal')).toBeVisible()
  await page.emulateMedia({ media: 'print', colorScheme: 'dark' })
  await expect(page.getByRole('banner')).toBeHidden()
  await expect(page.getByRole('contentinfo')).toBeHidden()
  await expect(page.getByText('Delete as appropriate')).toBeVisible()
  const form = page.locator('blockquote')
  expect(await form.evaluate((element) => getComputedStyle(element).breakInside)).toBe('avoid')
})

test('an address of no page says so', async ({ page }) => {
  await page.goto('/pages/nothing')
  await expect(titled(page, 'There is nothing on this shelf.')).toBeVisible()
})

test('terms, withdrawal and privacy are named above Pay, and open beside the checkout', async ({
  page,
  request,
}) => {
  await aboutToPay(page, request)
  const [terms] = await Promise.all([
    page.waitForEvent('popup'),
    page
      .getByRole('main')
      .getByRole('link', { name: /^terms/ })
      .click(),
  ])
  await expect(titled(terms, 'Terms')).toBeVisible()
  await terms.close()
  await expect(page.getByRole('button', { name: /^Pay / })).toBeVisible()
  for (const name of [/^right of withdrawal/, /^your data/]) {
    await expect(page.getByRole('main').getByRole('link', { name })).toHaveAttribute('target', '_blank')
  }
})
