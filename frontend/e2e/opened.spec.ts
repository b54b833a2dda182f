// What opens over a page, and the order of what is on it, by all rules of axe: also those that no success criterion asks for.
import AxeBuilder from '@axe-core/playwright'
import { expect, test, type Page } from '@playwright/test'
import { accountButton, registered } from './people'
import { putIntoCart, thingsToBuy } from './shop'

async function axeFindsNothing(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze()
  expect(violations.map(({ id, nodes }) => [id, nodes.map(({ target }) => target.join(' '))])).toEqual([])
}

test('axe finds nothing on the open menu of an account', async ({ page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' })
  await registered(page)
  await page.goto('/')
  await accountButton(page).click()
  await expect(page.getByRole('menu')).toBeVisible()
  await axeFindsNothing(page)
})

test('on a phone the way out of a cart stays in reach, and its headings are in order', async ({
  page,
  request,
}) => {
  await page.emulateMedia({ reducedMotion: 'reduce' })
  await page.setViewportSize({ width: 390, height: 844 })
  for (const thing of await thingsToBuy(request, 5)) await putIntoCart(page, thing)
  await page.goto('/cart')
  const checkOut = page.getByRole('main').getByRole('link', { name: 'Check out' })
  await expect(checkOut).toBeInViewport()
  await axeFindsNothing(page)
  for (const remove of await page.getByRole('button', { name: /^Remove/ }).all()) {
    await remove.focus()
    const [top, edge] = await Promise.all([remove.boundingBox(), page.getByLabel('Summary').boundingBox()])
    expect((top?.y ?? 0) + (top?.height ?? 0)).toBeLessThanOrEqual((edge?.y ?? 0) + 1)
  }
  // Where there is no room for both, the cart has it.
  await page.setViewportSize({ width: 320, height: 256 })
  await page.evaluate(() => window.scrollTo(0, 0))
  await expect(checkOut).not.toBeInViewport()
})
