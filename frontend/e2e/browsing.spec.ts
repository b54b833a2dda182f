import { expect, test } from '@playwright/test'
import { cartButton, thingsToBuy } from './shop'

test('the home page leads into a room of the shop', async ({ page }) => {
  await page.goto('/')
  await expect(page.getByRole('region', { name: 'New' }).getByRole('article')).toHaveCount(4)
  await page.getByRole('main').getByRole('link', { name: 'Garden', exact: true }).click()
  await expect(page).toHaveURL(/\/shop\?category=garden$/)
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Garden')
  await expect(page.getByRole('main').getByRole('status')).toHaveText(/^\d+ products?$/)
  const shown = Number.parseInt((await page.getByRole('main').getByRole('status').textContent()) ?? '', 10)
  await expect(page.getByRole('main').getByRole('article')).toHaveCount(Math.min(shown, 24))
})

test('filters live in the address and count what the server counts', async ({ page }) => {
  await page.goto('/shop')
  const kitchen = page.getByRole('radio', { name: /^Kitchen/ })
  const counted = (await page.locator('label', { has: kitchen }).textContent())?.match(/\d+/)?.[0]
  await kitchen.check()
  await expect(page.getByRole('main').getByRole('status')).toHaveText(`${counted} products`)
  await page.getByRole('checkbox', { name: /In stock/ }).check()
  await page.getByRole('radio', { name: /^25.€ to 50.€/ }).check()
  await expect(page).toHaveURL('/shop?category=kitchen&min-price=2500&max-price=4999&in-stock=true')
  await page.getByLabel('Sort by').selectOption('Price, low to high')
  await expect(page).toHaveURL(/&sort=price-asc$/)
  const prices = page.getByRole('article').getByText(/^\d+\.\d\d.€$/)
  await expect(prices.first()).toBeVisible()
  await expect.poll(async () => inOrder(await prices.allTextContents())).toBe(true)

  await page.reload()
  await expect(page.getByRole('radio', { name: /^Kitchen/ })).toBeChecked()
  await page.getByRole('button', { name: 'Remove filter Kitchen' }).click()
  await expect(page).toHaveURL('/shop?min-price=2500&max-price=4999&in-stock=true&sort=price-asc')
})

function inOrder(prices: string[]): boolean {
  const amounts = prices.map((price) => Number.parseFloat(price))
  return (
    amounts.length > 1 && amounts.every((amount, place) => place === 0 || amount >= (amounts[place - 1] ?? 0))
  )
}

test('searching begins with the first letters, from any page', async ({ page, request }) => {
  const [thing] = await thingsToBuy(request, 1)
  if (thing === undefined) throw new Error('the shop is empty')
  await page.goto('/')
  await page.getByRole('searchbox').pressSequentially(thing.name.slice(0, 6), { delay: 30 })
  await expect(page).toHaveURL(/\/shop\?q=/)
  await expect(page.getByRole('searchbox')).toBeFocused()
  await expect(page.getByRole('article').getByRole('link', { name: thing.name, exact: true })).toBeVisible()
  await page.goBack()
  await expect(page).toHaveURL('/')
})

test('a search in a category searches the whole shop, and Back leads into the category', async ({
  page,
  request,
}) => {
  const [thing] = await thingsToBuy(request, 1)
  if (thing === undefined) throw new Error('the shop is empty')
  await page.goto('/shop?category=garden&in-stock=true')
  await page.getByRole('searchbox').fill(thing.name)
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(`Results for “${thing.name}”`)
  await expect(page).toHaveURL(/\/shop\?q=[^&]+$/)
  await expect(page.getByRole('article').getByRole('link', { name: thing.name, exact: true })).toBeVisible()
  await page.goBack()
  await expect(page).toHaveURL('/shop?category=garden&in-stock=true')
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Garden')
})

test('a search without a match offers to ask for it, with the words filled in', async ({ page }) => {
  await page.goto('/shop?q=unicornsaddle')
  await expect(page.getByRole('heading', { name: 'Nothing matches “unicornsaddle”' })).toBeVisible()
  await page.getByRole('link', { name: 'Ask us to get “unicornsaddle”' }).click()
  await expect(page).toHaveURL(/\/requests\/new\?/)
  await expect(page.getByRole('main').getByRole('textbox').first()).toHaveValue('unicornsaddle')
})

test('Back finds the list where it was left', async ({ page }) => {
  await page.goto('/shop?sort=name')
  await page.getByRole('button', { name: /^Show \d+ more$/ }).click()
  await expect(page.getByRole('article')).toHaveCount(48)
  const thing = page.getByRole('article').nth(40).getByRole('link')
  await thing.scrollIntoViewIfNeeded()
  const left = await page.evaluate(() => window.scrollY)
  expect(left).toBeGreaterThan(1500)
  await thing.click()
  await expect(page).toHaveURL(/\/products\//)
  await expect.poll(() => page.evaluate(() => window.scrollY)).toBe(0)
  await page.goBack()
  await expect.poll(() => page.evaluate(() => window.scrollY)).toBe(left)
  await expect(page.getByRole('article')).toHaveCount(48)
})

test('on a phone the filters are in a sheet, and Escape gives focus back', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 })
  await page.goto('/shop')
  const open = page.getByRole('button', { name: 'Filter', exact: true })
  await open.click()
  const sheet = page.getByRole('dialog', { name: 'Filter' })
  await sheet.getByText('Light', { exact: true }).click()
  await expect(page).toHaveURL('/shop?category=light')
  await expect(sheet.getByRole('button', { name: /^Show \d+ products$/ })).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(sheet).toBeHidden()
  await expect(page.getByRole('button', { name: 'Filter (1)' })).toBeFocused()
})

test('on a phone the cart is in reach from the middle of a list, and the header covers nothing that has focus', async ({
  page,
}) => {
  await page.setViewportSize({ width: 390, height: 700 })
  await page.goto('/shop?sort=name')
  await page.getByRole('article').nth(20).getByRole('link').focus()
  await expect.poll(() => page.evaluate(() => window.scrollY)).toBeGreaterThan(1000)
  await expect(cartButton(page)).toBeInViewport({ ratio: 1 })
  for (let press = 0; press < 8; press += 1) {
    await page.keyboard.press('Shift+Tab')
    const isOnTop = () =>
      page.evaluate(() => {
        const { x, y, width } = (document.activeElement as Element).getBoundingClientRect()
        return document.activeElement?.contains(document.elementFromPoint(x + width / 2, y + 2)) === true
      })
    await expect.poll(isOnTop).toBe(true)
  }
  await cartButton(page).click()
  await expect(page.getByRole('dialog', { name: 'Your cart' })).toBeVisible()
})

test('on a phone the order of the list is said in full', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 })
  await page.goto('/shop?sort=price-desc')
  const room = await page.getByLabel('Sort by').evaluate((field) => {
    const { font, paddingLeft, paddingRight } = getComputedStyle(field)
    const pen = document.createElement('canvas').getContext('2d')
    if (pen === null) return 0
    pen.font = font
    const text = pen.measureText('Price, high to low').width
    return field.clientWidth - Number.parseFloat(paddingLeft) - Number.parseFloat(paddingRight) - text
  })
  expect(room).toBeGreaterThanOrEqual(0)
})

test('a product has its facts, and things from the same room', async ({ page, request }) => {
  const [thing] = await thingsToBuy(request, 1)
  if (thing === undefined) throw new Error('the shop is empty')
  await page.goto(`/products/${thing.sku}`)
  await expect(page).toHaveTitle(`${thing.name} · Cartwright`)
  await expect(page.getByRole('heading', { level: 1, name: thing.name })).toBeVisible()
  await expect(page.getByRole('img', { name: thing.name })).toBeVisible()
  await expect(page.getByText(/^(In stock|Only \d+ left|The last one)$/).first()).toBeVisible()
  await expect(page.getByRole('region', { name: /^Also in/ }).getByRole('article')).toHaveCount(4)
})

test('on a phone the add bar follows, and steps aside for the button', async ({ page, request }) => {
  const [thing] = await thingsToBuy(request, 1)
  if (thing === undefined) throw new Error('the shop is empty')
  await page.setViewportSize({ width: 390, height: 700 })
  await page.goto(`/products/${thing.sku}`)
  const bar = page.getByRole('button', { name: `Add to cart: ${thing.name}` })
  await expect(bar).toBeInViewport()
  await bar.click()
  await expect(page.getByRole('banner')).toContainText('1')
  const another = page.getByRole('button', { name: `Add another · 1 in cart: ${thing.name}` })
  await expect(another).toBeInViewport()
  await page.getByRole('button', { name: 'Add to cart', exact: true }).scrollIntoViewIfNeeded()
  await expect(another).toBeHidden()
})

test('an address that leads nowhere says so', async ({ page }) => {
  for (const address of ['/nowhere', '/products/NO-SUCH-THING', '/products/not%20a%20sku']) {
    await page.goto(address)
    await expect(page.getByRole('heading', { name: 'There is nothing on this shelf.' })).toBeVisible()
  }
})
