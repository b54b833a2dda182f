import { expect, test, type Locator, type Page } from '@playwright/test'
import { fillCredentials, register } from './people'
import { asStaff, cartButton, changedPrice, listedByStaff, putIntoCart, storedCart } from './shop'
import {
  aboutToPay,
  details,
  fillCard,
  fillDetails,
  isConfirmed,
  payButton,
  pressPay,
  storedOrders,
  titled,
  toPayment,
  VISA,
} from './till'

/** Presses Tab until the element has focus, as somebody without a mouse does. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  for (let press = 0; press < 60; press += 1) {
    if (await target.evaluate((element) => element === document.activeElement).catch(() => false)) return
    await page.keyboard.press('Tab')
  }
  throw new Error(`Tab does not reach ${target.toString()}`)
}

test('a guest buys on a phone-sized screen with the keyboard alone', async ({ page, request }) => {
  const thing = await listedByStaff(request, 'A thing for the keyboard', 3200)
  await page.setViewportSize({ width: 390, height: 844 })
  await page.goto(`/products/${thing.sku}`)
  await tabTo(page, page.getByRole('button', { name: 'Add to cart', exact: true }))
  await page.keyboard.press('Enter')
  await tabTo(page, page.getByRole('link', { name: 'View cart' }))
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL('/cart')
  await tabTo(page, page.getByRole('link', { name: 'Check out' }))
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL('/checkout/details')
  await expect(page.getByRole('main')).toBeFocused()

  // Sent too early: focus is where it says what is missing, and the first link leads to the first field.
  const next = page.getByRole('button', { name: 'Continue to delivery' })
  await tabTo(page, next)
  await page.keyboard.press('Enter')
  await expect(page.getByRole('group', { name: 'What is not right' })).toBeFocused()
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await expect(page.getByLabel('E-mail')).toBeFocused()
  for (const [label, text] of Object.entries(details)) {
    await tabTo(page, page.getByLabel(label, { exact: true }))
    await page.keyboard.type(text)
    if (label !== 'Name') continue
    await tabTo(page, page.getByLabel('Country'))
    await page.keyboard.type('Germany')
  }
  await tabTo(page, next)
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL('/checkout/delivery')
  await tabTo(page, page.getByRole('radio').first())
  await tabTo(page, page.getByRole('button', { name: 'Continue to payment' }))
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL('/checkout/payment')

  await tabTo(page, page.getByLabel('Card number'))
  await page.keyboard.type('4242424242424242')
  await expect(page.getByLabel('Card number')).toHaveValue(VISA)
  await page.keyboard.press('Tab')
  await page.keyboard.type('1240')
  await page.keyboard.press('Tab')
  await page.keyboard.type('123')
  await expect(payButton(page)).toHaveAttribute('aria-disabled', 'false')
  await tabTo(page, payButton(page))
  await expect(payButton(page)).toBeInViewport()
  await page.keyboard.press('Enter')
  await isConfirmed(page)
  await expect(cartButton(page)).toContainText('0')
  expect(await storedOrders(page)).toMatchObject([{ state: 'confirmed', payment: { state: 'paid' } }])
})

test('what was typed and chosen survives a reload, the card does not', async ({ page, request }) => {
  await aboutToPay(page, request)
  await page.getByRole('link', { name: 'Change the delivery method' }).click()
  const last = page.getByRole('radio').last()
  await last.check()
  await page.getByRole('button', { name: 'Continue to payment' }).click()
  await fillCard(page, VISA)
  await page.reload()
  await expect(page).toHaveURL('/checkout/payment')
  await expect(page.getByLabel('Card number')).toHaveValue('')
  await expect(page.getByText(/Ada Lovelace, Lindenstraße 12, 10969 Berlin, Germany/)).toBeVisible()
  await page.getByRole('link', { name: 'Change the delivery address' }).click()
  await expect(page.getByLabel('Postal code')).toHaveValue('10969')
  await page.goBack()
  await expect(page).toHaveURL('/checkout/payment')
})

test('a step that is not reached leads to the one before, and Back goes through the steps', async ({
  page,
  request,
}) => {
  await putIntoCart(page, await listedByStaff(request, 'A thing in steps', 2000))
  await page.goto('/checkout/payment')
  await expect(page).toHaveURL('/checkout/details')
  await fillDetails(page)
  await page.getByRole('button', { name: 'Continue to delivery' }).click()
  await expect(page).toHaveURL('/checkout/delivery')
  await page.goBack()
  await expect(page).toHaveURL('/checkout/details')
  await expect(page.getByLabel('E-mail')).toHaveValue('ada@example.org')
})

test('a price that changes during the checkout is shown and agreed to, and that is what is paid', async ({
  page,
  request,
}) => {
  const thing = await aboutToPay(page, request, 4200)
  await fillCard(page, VISA)
  await changedPrice(request, thing, 4850)
  const agree = page.getByRole('button', { name: 'Continue with the new total' })
  await expect(agree).toBeVisible()
  await expect(page.getByText(new RegExp(`${thing.name}: 42\\.00.€ → 48\\.50.€`))).toBeVisible()
  await expect(payButton(page)).toHaveAttribute('aria-disabled', 'true')
  await expect(page.getByLabel('Card number')).toHaveValue(VISA)
  await agree.click()
  await expect(agree).toBeHidden()
  const said = (await payButton(page).textContent())?.replace(/[^\d.]/g, '') ?? ''
  await pressPay(page)
  await isConfirmed(page)
  const [order] = await storedOrders(page)
  expect(order?.payment.captured?.minor).toBe(order?.totals.total.minor)
  expect(order?.totals.total.minor).toBe(Math.round(Number(said) * 100))
})

test('a price that changes in the very moment of Pay charges nothing that was not seen', async ({
  page,
  request,
}) => {
  const thing = await aboutToPay(page, request, 4200)
  await fillCard(page, VISA)
  // The page hears nothing of it: neither by the live stream nor by asking, until the shop refuses.
  await page.context().route('**/api/queries/live', (route) => route.abort())
  await page.route('**/api/commands/carts/*/checkout', async (route) => {
    await changedPrice(request, thing, 5100)
    await route.fallback()
  })
  await pressPay(page)
  await expect(page.getByText(new RegExp(`${thing.name}: 42\\.00.€ → 51\\.00.€`))).toBeVisible()
  await expect(page.getByLabel('Card number')).toHaveValue(VISA)
  expect(await storedOrders(page)).toEqual([])
  await page.unroute('**/api/commands/carts/*/checkout')
  await page.getByRole('button', { name: 'Continue with the new total' }).click()
  await pressPay(page)
  await isConfirmed(page)
})

test('of what is not there any more the cart takes what is left', async ({ page, request }) => {
  const thing = await listedByStaff(request, 'A scarce thing', 2000, 5)
  await putIntoCart(page, thing)
  await page.goto('/cart')
  await page.getByRole('textbox', { name: `Quantity of ${thing.name}` }).fill('4')
  await page.keyboard.press('Tab')
  await expect.poll(() => storedCart(page)).toEqual({ [thing.sku]: 4 })
  await toPayment(page)
  await asStaff(request, 'post', `/api/commands/stock/${thing.sku}/adjustments`, {
    delta: -3,
    reason: 'damaged',
  })
  await expect(page.getByText(`${thing.name}: only 2 left, you wanted 4`)).toBeVisible()
  await page.getByRole('button', { name: 'Change my order to this' }).click()
  await expect.poll(() => storedCart(page)).toEqual({ [thing.sku]: 2 })
  await fillCard(page, VISA)
  await pressPay(page)
  await isConfirmed(page)
})

test('a discount code is taken off, and one that is none is refused in words', async ({ page, request }) => {
  const code = `E2E-${crypto.randomUUID().slice(0, 6).toUpperCase()}`
  await asStaff(request, 'post', '/api/commands/discount-codes', { code, discount: { percent: 25 } })
  await aboutToPay(page, request, 8000)
  const summary = page.getByRole('complementary', { name: 'Your order' })
  await summary.getByRole('button', { name: 'Add a discount code' }).click()
  await summary.getByLabel('Discount code').fill('NO-SUCH-CODE')
  await page.keyboard.press('Enter')
  await expect(summary.getByRole('alert')).toContainText('NO-SUCH-CODE')
  await summary.getByLabel('Discount code').fill(code.toLowerCase())
  await page.keyboard.press('Enter')
  await expect(summary.getByText(`Code ${code} is applied.`)).toBeVisible()
  await expect(summary.getByText(/−20\.00.€/)).toBeVisible()
  await fillCard(page, VISA)
  await pressPay(page)
  await isConfirmed(page)
  const [order] = await storedOrders(page)
  expect(order?.payment.captured?.minor).toBe(order?.totals.total.minor)
})

test('an empty cart has nothing to check out', async ({ page }) => {
  await page.goto('/checkout')
  await expect(page.getByText('Your cart is empty.')).toBeVisible()
  await expect(titled(page, 'Checkout')).toBeVisible()
})

test('a session that ends at Pay leaves the step as it was, and after signing in it is paid, once', async ({
  page,
  request,
}) => {
  const person = await register(page)
  await aboutToPay(page, request)
  await fillCard(page, VISA)
  await page.context().clearCookies()
  await pressPay(page)
  const said = page.getByRole('alert').filter({ hasText: 'Your session ended.' })
  await expect(said).toContainText('Sign in and pay')
  await expect(page).toHaveURL('/checkout/payment')
  await expect(page.getByText(/Ada Lovelace, Lindenstraße 12/)).toBeVisible()
  await expect(page.getByLabel('Card number')).toHaveValue(VISA)
  await said.getByRole('link', { name: 'Sign in and pay' }).click()
  await fillCredentials(page, person)
  await page.getByRole('main').getByRole('button', { name: 'Sign in' }).click()
  await expect(page).toHaveURL('/checkout/payment')
  await expect(page.getByText(/Ada Lovelace, Lindenstraße 12/)).toBeVisible()
  expect(await storedOrders(page)).toEqual([])
  await fillCard(page, VISA)
  await pressPay(page)
  await isConfirmed(page)
  expect(await storedOrders(page)).toMatchObject([{ state: 'confirmed', payment: { state: 'paid' } }])
})

test('Pay while offline says so and keeps the step; pressed again it pays', async ({ page, request }) => {
  await aboutToPay(page, request)
  await fillCard(page, VISA)
  await page.context().setOffline(true)
  await pressPay(page)
  await expect(page.getByText(/You are offline\. Nothing was sent, and nothing was charged/)).toBeVisible()
  await expect(page.getByLabel('Card number')).toHaveValue(VISA)
  await page.context().setOffline(false)
  await pressPay(page)
  await isConfirmed(page)
  expect(await storedOrders(page)).toHaveLength(1)
})
