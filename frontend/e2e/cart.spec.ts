import { expect, test, type Page } from '@playwright/test'
import {
  cartButton,
  changedPrice,
  delisted,
  listedByStaff,
  plusFor,
  putIntoCart,
  quantityOf,
  settled,
  storedCart,
  thingsToBuy,
  type Shown,
} from './shop'

test('add, change, remove, undo and clear, in the drawer and on the page', async ({ page, request }) => {
  const [mug, bowl] = await thingsToBuy(request, 2)
  if (mug === undefined || bowl === undefined) throw new Error('the shop is empty')
  await putIntoCart(page, mug)
  await putIntoCart(page, bowl)

  await cartButton(page).click()
  const drawer = page.getByRole('dialog', { name: 'Your cart' })
  await drawer.getByRole('textbox', { name: `Quantity of ${mug.name}` }).fill('3')
  await page.keyboard.press('Tab')
  await expect(quantityOf(page, mug)).toHaveValue('3')
  await expect(drawer.getByTestId('subtotal')).toHaveText(euro(3 * mug.price.minor + bowl.price.minor))
  await expect.poll(() => storedCart(page)).toEqual({ [mug.sku]: 3, [bowl.sku]: 1 })

  await drawer.getByRole('link', { name: 'View cart' }).click()
  await expect(page).toHaveURL('/cart')
  await expect(drawer).toBeHidden()
  await page.getByRole('button', { name: `Remove ${mug.name}` }).click()
  await expect(quantityOf(page, mug)).toBeHidden()
  await expect(page.getByRole('button', { name: 'Undo' })).toBeFocused()
  await expect.poll(() => storedCart(page)).toEqual({ [bowl.sku]: 1 })
  await page.getByRole('button', { name: 'Undo' }).click()
  await expect(quantityOf(page, mug)).toHaveValue('3')
  await expect.poll(() => storedCart(page)).toEqual({ [mug.sku]: 3, [bowl.sku]: 1 })

  await page.getByRole('button', { name: 'Empty the cart' }).click()
  await expect(page.getByText('Your cart is empty.')).toBeVisible()
  await expect.poll(() => storedCart(page)).toEqual({})
})

/** Clicks into the field and types, key by key, as people do. */
async function typeQuantity(page: Page, thing: Shown, keys: string, then: 'Tab' | 'Enter' | 'Escape') {
  await quantityOf(page, thing).click()
  await page.keyboard.type(keys)
  await page.keyboard.press(then)
}

test('what a quantity field shows is what the cart has, however it was typed', async ({ page, request }) => {
  const [mug] = await thingsToBuy(request, 1)
  if (mug === undefined) throw new Error('the shop is empty')
  await putIntoCart(page, mug)
  const shows = async (quantity: number) => {
    await expect(quantityOf(page, mug)).toHaveValue(String(quantity))
    await expect(page.getByTestId('subtotal').first()).toHaveText(euro(quantity * mug.price.minor))
    await expect.poll(() => storedCart(page)).toEqual({ [mug.sku]: quantity })
    await expect(quantityOf(page, mug)).toHaveValue(String(quantity))
  }
  const journey = async () => {
    await typeQuantity(page, mug, '40', 'Tab')
    await shows(40)
    await plusFor(page, mug).click()
    await shows(41)
    await typeQuantity(page, mug, '12', 'Enter')
    await shows(12)
    await plusFor(page, mug).click()
    await shows(13)
    await quantityOf(page, mug).click()
    await page.keyboard.type('7')
    await plusFor(page, mug).click()
    await shows(8)
    await typeQuantity(page, mug, '99', 'Escape')
    await shows(8)
    await typeQuantity(page, mug, '2.5', 'Tab')
    await expect(page.getByText('Enter a whole number from 1 to 999. Nothing was changed.')).toBeVisible()
    await shows(8)
  }
  await page.goto('/cart')
  await journey()
  // The wheel is for the page.
  await quantityOf(page, mug).hover()
  await page.mouse.wheel(0, 120)
  await shows(8)

  await page.goto('/')
  await cartButton(page).click()
  await expect(page.getByRole('dialog', { name: 'Your cart' })).toBeVisible()
  await journey()
  await expect(page.getByRole('dialog', { name: 'Your cart' })).toBeVisible()
})

test('a product page adds the number that its field shows', async ({ page, request }) => {
  const [mug] = await thingsToBuy(request, 1)
  if (mug === undefined) throw new Error('the shop is empty')
  await page.goto(`/products/${mug.sku}`)
  await typeQuantity(page, mug, '5', 'Tab')
  await expect(quantityOf(page, mug)).toHaveValue('5')
  await page.getByRole('button', { name: 'Add to cart', exact: true }).click()
  await expect.poll(() => storedCart(page)).toEqual({ [mug.sku]: 5 })
  await expect(quantityOf(page, mug)).toHaveValue('1')

  // Typed, and not confirmed by anything but the click.
  await quantityOf(page, mug).click()
  await page.keyboard.type('3')
  await page.getByRole('button', { name: 'Add to cart', exact: true }).click()
  await expect.poll(() => storedCart(page)).toEqual({ [mug.sku]: 8 })
})

test('a number that is typed in one tab is in the field of the other', async ({ page, context, request }) => {
  const [mug] = await thingsToBuy(request, 1)
  if (mug === undefined) throw new Error('the shop is empty')
  await putIntoCart(page, mug)
  await page.goto('/cart')
  const tab = await context.newPage()
  await tab.goto('/cart')
  await typeQuantity(tab, mug, '40', 'Enter')
  await expect(quantityOf(page, mug)).toHaveValue('40')
  await plusFor(page, mug).click()
  await expect(quantityOf(tab, mug)).toHaveValue('41')
  await expect.poll(() => storedCart(page)).toEqual({ [mug.sku]: 41 })
})

test('the cart is still there after a reload and in a new tab', async ({ page, context, request }) => {
  const [mug] = await thingsToBuy(request, 1)
  if (mug === undefined) throw new Error('the shop is empty')
  await putIntoCart(page, mug)
  await page.reload()
  await expect(cartButton(page)).toContainText('1')
  const tab = await context.newPage()
  await tab.goto('/cart')
  await expect(quantityOf(tab, mug)).toHaveValue('1')
})

test('ten rapid clicks show ten at once and travel as one command', async ({ page, request }) => {
  const [mug] = await thingsToBuy(request, 1)
  if (mug === undefined) throw new Error('the shop is empty')
  await putIntoCart(page, mug)
  await page.goto('/cart')
  await expect(quantityOf(page, mug)).toHaveValue('1')
  const puts: string[] = []
  page.on('request', (sent) => sent.method() === 'PUT' && puts.push(sent.postData() ?? ''))
  const plus = plusFor(page, mug)
  await plus.evaluate((button: HTMLElement) => {
    // Faster than any hand: all ten before the page can draw once.
    for (let click = 0; click < 10; click += 1) button.click()
  })
  await expect(quantityOf(page, mug)).toHaveValue('11')
  await expect.poll(() => storedCart(page)).toEqual({ [mug.sku]: 11 })
  expect(puts).toEqual(['{"quantity":11}'])
  await expect(quantityOf(page, mug)).toHaveValue('11')
})

test('two tabs agree', async ({ page, context, request }) => {
  const [mug, bowl] = await thingsToBuy(request, 2)
  if (mug === undefined || bowl === undefined) throw new Error('the shop is empty')
  await putIntoCart(page, mug)
  await page.goto('/cart')
  const tab = await context.newPage()
  await tab.goto('/cart')
  await expect(quantityOf(tab, mug)).toHaveValue('1')
  await expect(quantityOf(page, mug)).toHaveValue('1')

  await plusFor(tab, mug).click()
  await expect(quantityOf(page, mug)).toHaveValue('2')
  await page.getByRole('button', { name: `Remove ${mug.name}` }).click()
  await expect(tab.getByText('Your cart is empty.')).toBeVisible()

  // Both at once: whoever was last decides, and both tabs show it.
  await putIntoCart(tab, bowl)
  await tab.goto('/cart')
  await expect(quantityOf(page, bowl)).toHaveValue('1')
  await expect(quantityOf(tab, bowl)).toHaveValue('1')
  await Promise.all([plusFor(page, bowl).click(), plusFor(tab, bowl).dblclick()])
  await Promise.all([settled(page), settled(tab)])
  const stored = String((await storedCart(page))[bowl.sku])
  await expect(quantityOf(page, bowl)).toHaveValue(stored)
  await expect(quantityOf(tab, bowl)).toHaveValue(stored)
})

test('changes made offline wait, survive, and are sent on coming back', async ({
  page,
  context,
  request,
}) => {
  const [mug, bowl] = await thingsToBuy(request, 2)
  if (mug === undefined || bowl === undefined) throw new Error('the shop is empty')
  await putIntoCart(page, mug)
  await putIntoCart(page, bowl)
  await page.goto('/cart')
  await expect(quantityOf(page, bowl)).toHaveValue('1')
  await context.setOffline(true)
  await plusFor(page, mug).click()
  await plusFor(page, mug).click()
  await page.getByRole('button', { name: `Remove ${bowl.name}` }).click()
  await expect(page.getByText(/You are offline/)).toBeVisible()
  await expect(page.getByText('Waiting to be sent')).toBeVisible()
  await expect(quantityOf(page, mug)).toHaveValue('3')
  await context.setOffline(false)
  await expect(page.getByText(/You are offline/)).toBeHidden()
  await expect.poll(() => storedCart(page)).toEqual({ [mug.sku]: 3 })
  await expect(page.getByText('Waiting to be sent')).toBeHidden()
})

test('a reload in the middle of a command sends it again, once', async ({ page, request }) => {
  const [mug] = await thingsToBuy(request, 1)
  if (mug === undefined) throw new Error('the shop is empty')
  await putIntoCart(page, mug)
  // The shop hears the command, but its answer never arrives.
  await page.route('**/api/commands/carts/*/lines', async (route) => {
    await route.fetch()
    await route.abort()
  })
  await page.getByRole('button', { name: 'Add to cart', exact: true }).click()
  await expect.poll(() => storedCart(page)).toEqual({ [mug.sku]: 2 })
  await page.unroute('**/api/commands/carts/*/lines')
  await page.reload()
  await expect(page.getByText('2 in your cart')).toBeVisible()
  await settled(page)
  expect(await storedCart(page)).toEqual({ [mug.sku]: 2 })
})

test('a refused change is rolled back with a message', async ({ page, request }) => {
  const [mug] = await thingsToBuy(request, 1)
  if (mug === undefined) throw new Error('the shop is empty')
  await putIntoCart(page, mug)
  await page.goto('/cart')
  // The refusal waits until the change was seen: how long it shows otherwise is up to the machine.
  let refuse: () => void = () => undefined
  const changeWasSeen = new Promise<void>((resolve) => {
    refuse = resolve
  })
  await page.route('**/api/commands/carts/*/lines/*', async (route) => {
    await changeWasSeen
    await route.fulfill({
      status: 422,
      contentType: 'application/problem+json',
      body: JSON.stringify({
        type: '/problems/quantity-limit',
        title: 'Too many',
        status: 422,
        detail: 'Too many.',
      }),
    })
  })
  await plusFor(page, mug).click()
  await expect(quantityOf(page, mug)).toHaveValue('2')
  refuse()
  await expect(page.getByText(`The quantity of ${mug.name} was not changed. Too many.`)).toBeVisible()
  await expect(quantityOf(page, mug)).toHaveValue('1')
})

test('what the shop itself refuses is rolled back in its own words', async ({ page, request }) => {
  const shortLived = await listedByStaff(request, 'A thing that goes', 1900)
  await page.goto(`/products/${shortLived.sku}`)
  await expect(page.getByRole('button', { name: 'Add to cart', exact: true })).toBeVisible()
  await delisted(request, shortLived)
  await page.getByRole('button', { name: 'Add to cart', exact: true }).click()
  await expect(page.getByText(/^A thing that goes could not be added\./)).toBeVisible()
  await expect(cartButton(page)).toContainText('0')
})

test('a price that changes shows in an open cart, and so do the sums: in the drawer, on the page, in the checkout', async ({
  page,
  request,
}) => {
  const item = await listedByStaff(request, 'An item with a price', 2000)
  await putIntoCart(page, item)
  await page.goto('/cart')
  await expect(quantityOf(page, item)).toHaveValue('1')
  await changedPrice(request, item, 2350)
  await expect(
    page.getByText(/price changed since you added it: it was 20\.00.€, it is 23\.50.€ now/),
  ).toBeVisible()
  await expect(page.getByTestId('subtotal')).toHaveText(euro(2350))
  const line = page.getByRole('main').getByRole('listitem').filter({ hasText: item.name })
  await expect(line.locator('s')).toHaveText([/^was 20\.00.€$/, /^was 20\.00.€$/])

  await page.goto('/')
  await cartButton(page).click()
  const drawer = page.getByRole('dialog', { name: 'Your cart' })
  await expect(drawer.getByTestId('subtotal')).toHaveText(euro(2350))
  await drawer.getByRole('link', { name: 'Check out' }).click()
  const summary = page.getByRole('complementary', { name: 'Your order' })
  await expect(summary.getByRole('listitem')).toContainText(/was 20\.00.€ now 23\.50.€/)

  await page.goto('/cart')
  await delisted(request, item)
  await expect(page.getByText('No longer sold. Please remove it.')).toBeVisible()
})

function euro(minor: number): RegExp {
  const amount = new Intl.NumberFormat('en', { minimumFractionDigits: 2 }).format(minor / 100)
  return new RegExp(`^${amount.replace('.', '\\.')}\\s€$`)
}

test.describe('for a visitor from Germany', () => {
  test.use({ locale: 'de-DE' })

  test('tax is included, and cart, drawer and product page say what shipping costs and how far free shipping is', async ({
    page,
    request,
  }) => {
    const item = await listedByStaff(request, 'An item to send', 5400)
    await page.goto(`/products/${item.sku}`)
    const terms = page.getByTestId('delivery-terms')
    await expect(terms).toHaveText(
      /^Tax included\. Shipping to Germany 4,90.€, free from 60,00.€, 2 to 4 working days\.$/,
    )
    await putIntoCart(page, item)
    await cartButton(page).click()
    const away =
      /^Tax included\. Shipping to Germany 4,90.€, free from 60,00.€; you are 6,00.€ away from it\.$/
    await expect(page.getByRole('dialog', { name: 'Your cart' }).getByTestId('delivery-terms')).toHaveText(
      away,
    )
    await page.goto('/cart')
    await expect(terms).toHaveText(away)
    await plusFor(page, item).click()
    await expect(terms).toHaveText('Tax included. Shipping to Germany is free.')
  })
})

test.describe('for a visitor from the United States', () => {
  test.use({ locale: 'en-US' })

  test('tax is added at checkout', async ({ page, request }) => {
    await putIntoCart(page, await listedByStaff(request, 'An item to send', 5400))
    await page.goto('/cart')
    await expect(page.getByTestId('delivery-terms')).toHaveText(
      /^Tax is added at checkout\. Shipping to the United States 4\.90.€/,
    )
  })
})
