import { expect, test, type Locator, type Page } from '@playwright/test'
import { registered } from './people'
import { anotherPerson, askedFor, storedRequest, unlike } from './requests'
import { settled, storedCart, thingsToBuy } from './shop'

/** Presses Tab until the named control has focus, as somebody without a mouse does. */
async function tabTo(
  page: Page,
  place: Page | Locator,
  name: string | RegExp,
  role: 'link' | 'button' | 'textbox' | 'searchbox' = 'button',
) {
  const target = place.getByRole(role, { name }).first()
  for (let press = 0; press < 80; press += 1) {
    if (await target.evaluate((element) => element === document.activeElement).catch(() => false))
      return target
    await page.keyboard.press('Tab')
  }
  throw new Error(`Tab does not reach ${name}`)
}

test('a thing is found, put into the cart, changed and removed by keyboard alone', async ({
  page,
  request,
}) => {
  const [thing] = await thingsToBuy(request, 1)
  if (thing === undefined) throw new Error('the shop is empty')
  await page.goto('/')
  await page.keyboard.press('Tab')
  await expect(page.getByRole('link', { name: 'Skip to the content' })).toBeFocused()
  await tabTo(page, page, 'Search the shop', 'searchbox')
  await page.keyboard.type(thing.name)
  const found = await tabTo(page, page, thing.name, 'link')
  await expect(found).toBeInViewport()
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(`/products/${thing.sku}`)
  await tabTo(page, page, 'Add to cart')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('status', { name: 'Cart' })).toContainText(
    `${thing.name} added. 1 item in your cart.`,
  )

  const cart = page.getByRole('banner').getByRole('button', { name: /^Cart/ })
  await cart.focus()
  await page.keyboard.press('Enter')
  const drawer = page.getByRole('dialog', { name: 'Your cart' })
  await expect(drawer).toBeVisible()
  await tabTo(page, drawer, `Quantity of ${thing.name}`, 'textbox')
  await page.keyboard.press('ArrowUp')
  await page.keyboard.press('ArrowUp')
  await expect(drawer.getByRole('textbox')).toHaveValue('3')
  await settled(page)
  expect(await storedCart(page)).toEqual({ [thing.sku]: 3 })
  await tabTo(page, drawer, `Remove ${thing.name}`)
  await page.keyboard.press('Enter')
  await expect(drawer.getByRole('button', { name: 'Undo' })).toBeFocused()
  await page.keyboard.press('Escape')
  await expect(drawer).toBeHidden()
  await expect(cart).toBeFocused()
})

test('focus stays inside the open drawer', async ({ page }) => {
  await page.goto('/')
  await page.getByRole('banner').getByRole('button', { name: /^Cart/ }).press('Enter')
  const drawer = page.getByRole('dialog', { name: 'Your cart' })
  await expect(drawer).toBeVisible()
  for (let press = 0; press < 6; press += 1) {
    await page.keyboard.press('Tab')
    expect(await drawer.evaluate((element) => element.contains(document.activeElement))).toBe(true)
  }
})

test('a new page begins at its beginning for the keyboard', async ({ page }) => {
  await page.goto('/')
  await page.getByRole('main').getByRole('link', { name: 'Desk', exact: true }).press('Enter')
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Desk')
  await expect(page.getByRole('main')).toBeFocused()
})

test('on a phone-sized page something is asked for, and something else supported, by keyboard alone', async ({
  page,
  browser,
}) => {
  const word = unlike()
  const other = await anotherPerson(browser)
  const id = await askedFor(other, { kind: 'missing_product', title: `A bench for ${word}` })
  await page.setViewportSize({ width: 390, height: 844 })
  await registered(page)
  await page.goto('/requests/new')
  await tabTo(page, page, 'What you are looking for', 'textbox')
  await page.keyboard.type(`Benches for ${word}`)
  const alike = page.getByRole('complementary', { name: 'Similar products and requests' })
  await expect(alike.getByRole('link', { name: `A bench for ${word}` })).toBeVisible()
  const support = await tabTo(page, alike, /^Support this/)
  await expect(support).toBeInViewport()
  await page.keyboard.press('Enter')
  await expect(alike.getByRole('button', { name: /^Supported/ })).toBeFocused()
  await expect.poll(async () => (await storedRequest(page, id)).supporters).toBe(2)

  const send = await tabTo(page, page, 'Send request')
  await expect(send).toBeInViewport()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('heading', { level: 1, name: `Benches for ${word}` })).toBeFocused()
  await tabTo(page, page, 'Your comment', 'textbox')
  await page.keyboard.type('Long enough for two.')
  await tabTo(page, page, 'Post comment')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('listitem').filter({ hasText: 'Long enough for two.' })).toBeVisible()
  await other.context().close()
})
