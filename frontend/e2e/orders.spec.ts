import { expect, test } from '@playwright/test'
import { fillCredentials, isSignedIn, somebody } from './people'
import { asStaff, cartButton, settled, storedCart } from './shop'
import {
  aboutToPay,
  aPaidOrder,
  DECLINED,
  fillCard,
  orderOf,
  pressPay,
  storedOrders,
  titled,
  toPayment,
} from './till'

test('an order that is cancelled unpaid gives its cart back', async ({ page, request }) => {
  const thing = await aboutToPay(page, request)
  await fillCard(page, DECLINED)
  await pressPay(page)
  await expect(titled(page, 'Your card was declined')).toBeVisible()
  await expect(cartButton(page)).toContainText('0')
  await page.getByRole('button', { name: 'Cancel this order' }).click()
  const dialog = page.getByRole('alertdialog', { name: 'Cancel this order?' })
  await dialog.press('Escape')
  await expect(dialog).toBeHidden()
  await page.getByRole('button', { name: 'Cancel this order' }).click()
  await dialog.getByRole('button', { name: 'Cancel the order' }).click()
  await expect(titled(page, 'You cancelled this order')).toBeVisible()
  await expect(page.getByText('Nothing was charged.')).toBeVisible()
  await expect(page.getByText(/Everything is back in your cart/)).toBeVisible()
  expect(await storedCart(page)).toEqual({ [thing.sku]: 1 })
  await expect(cartButton(page)).toContainText('1')
  // And can be checked out again, as another order.
  await toPayment(page)
})

test('a paid order that is cancelled is paid back, and can be put into the cart again', async ({
  page,
  request,
}) => {
  await aPaidOrder(page, request)
  await page.getByRole('button', { name: 'Cancel this order' }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Cancel the order' }).click()
  await expect(titled(page, 'You cancelled this order')).toBeVisible()
  await expect(page.getByRole('region', { name: 'Receipt' }).getByText('Refunded').first()).toBeVisible()
  await page.getByRole('button', { name: 'Put everything back into the cart' }).click()
  await settled(page)
  expect(Object.values(await storedCart(page))).toEqual([1])
})

test('what was ordered as a guest is in the account that is made after, and its page stays', async ({
  page,
  request,
}) => {
  const order = await aPaidOrder(page, request)
  await expect(page.getByText('We’ve e-mailed your confirmation to ada@example.org.')).toBeVisible()
  await page.getByRole('link', { name: 'Create an account' }).click()
  await expect(page.getByLabel('E-mail')).toHaveValue('ada@example.org')
  await fillCredentials(page, somebody())
  await page.getByRole('button', { name: 'Create account' }).click()
  await isSignedIn(page)
  await expect(page).toHaveURL(new RegExp(`/orders/${order}`))
  await expect(titled(page, /^Thank you/)).toBeVisible()
  await expect.poll(async () => (await storedOrders(page)).map(({ id }) => id)).toEqual([order])
})

test('the page follows the parcel by itself, and a return can be asked for', async ({ page, request }) => {
  const order = await aPaidOrder(page, request)
  await asStaff(request, 'post', `/api/commands/orders/${order}/shipments`, {
    carrier: 'DHL',
    tracking: '00340434161094',
  })
  await expect(titled(page, 'Your order is on its way')).toBeVisible()
  const parcel = page.getByRole('link', { name: /^00340434161094 at DHL/ })
  await expect(parcel).toHaveAttribute('href', /^https:\/\/www\.dhl\.com\/.*00340434161094$/)
  await expect(page.getByRole('button', { name: 'Cancel this order' })).toBeHidden()
  await page.getByRole('button', { name: 'Send something back' }).click()
  await page.getByLabel('It is not as it was described').check()
  await page.getByRole('button', { name: 'Request return' }).click()
  await expect(page.getByText(/You asked to send something back/)).toBeVisible()
  await asStaff(request, 'post', `/api/commands/orders/${order}/return-decline`, {})
  await expect(page.getByText(/We could not accept your return/)).toBeVisible()
})

test('without its live stream the page asks for itself', async ({ page, request }) => {
  await page.route('**/api/queries/orders/*/live**', (route) => route.abort())
  const order = await aPaidOrder(page, request)
  await asStaff(request, 'post', `/api/commands/orders/${order}/shipments`, { carrier: 'DHL' })
  await expect(titled(page, 'Your order is on its way')).toBeVisible()
})

test('the list has the orders of this session, and leads to each', async ({ page, request }) => {
  await page.goto('/orders')
  await expect(page.getByText('You have not ordered anything in this browser yet.')).toBeVisible()
  const order = await aPaidOrder(page, request)
  await page.goto('/orders')
  const row = page.getByRole('main').getByRole('listitem').filter({ hasText: 'Confirmed' })
  await expect(row).toHaveCount(1)
  await row.getByRole('link').click()
  await expect(titled(page, /^Thank you/)).toBeVisible()
  expect(orderOf(page)).toBe(order)
  expect(await storedOrders(page)).toHaveLength(1)
})

test('the receipt prints alone, on one sheet of white paper', async ({ page, request }) => {
  await aPaidOrder(page, request)
  await page.emulateMedia({ media: 'print', colorScheme: 'dark' })
  const receipt = page.getByRole('region', { name: 'Receipt' })
  await expect(receipt.getByText('Cartwright')).toBeVisible()
  await expect(receipt.getByText('Lindenstraße 12')).toBeVisible()
  await expect(receipt.getByTestId('total')).toBeVisible()
  await expect(page.getByRole('banner')).toBeHidden()
  await expect(page.getByRole('contentinfo')).toBeHidden()
  await expect(page.getByRole('button', { name: 'Print the receipt' })).toBeHidden()
  await expect(page.getByText('What happened so far')).toBeHidden()
  expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe(
    'rgb(255, 255, 255)',
  )
  const sheets = (await page.pdf({ format: 'A4' })).toString('latin1').match(/\/Type\s*\/Page\b/g)
  expect(sheets).toHaveLength(1)
})
