import { expect, test } from '@playwright/test'
import { aMember, codeOf } from './factors'
import { fillCredentials, signOut } from './people'
import { asStaff, listedByStaff, putIntoCart } from './shop'
import {
  aboutToPay,
  aPaidOrder,
  asStaffMember,
  details,
  fillCard,
  isConfirmed,
  orderOf,
  pressPay,
  titled,
  toPayment,
  VISA,
} from './till'

test('staff sign in from a page of theirs, come back to it, and leave by their account', async ({ page }) => {
  const { person, secret } = await aMember(['staff'])
  await page.goto('/staff/orders?state=confirmed')
  await page.getByRole('link', { name: 'Sign in with your account' }).click()
  await fillCredentials(page, person)
  await page.keyboard.press('Enter')
  await expect(titled(page, 'Second step')).toBeFocused()
  // The code that set up the app works once; the next one is good a step early.
  await page.getByLabel('Code from your app').fill(codeOf(secret, 30))
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL('/staff/orders?state=confirmed')
  await expect(titled(page, 'Orders')).toBeVisible()
  await expect(page.getByRole('link', { name: 'Audit' })).toBeHidden()
  await page.reload()
  await expect(titled(page, 'Orders')).toBeVisible()
  await page.getByRole('banner').getByRole('link', { name: 'Account' }).click()
  await expect(page).toHaveURL('/account')
  await signOut(page)
  await page.goto('/staff/orders')
  await expect(page.getByRole('link', { name: 'Sign in with your account' })).toBeVisible()
})

test('an analyst reads orders, codes and stock, sees no address and changes nothing', async ({
  page,
  browser,
  request,
}) => {
  const shopper = await (await browser.newContext()).newPage()
  const thing = await aboutToPay(shopper, request)
  await fillCard(shopper, VISA)
  await pressPay(shopper)
  await isConfirmed(shopper)
  const order = orderOf(shopper)
  await asStaff(request, 'post', `/api/commands/orders/${order}/shipments`, { carrier: 'DHL' })
  await shopper.context().close()

  const contacts: string[] = []
  page.on('request', (sent) => {
    if (sent.url().endsWith('/contact')) contacts.push(sent.url())
  })
  await asStaffMember(page, '/staff/requests', ['analyst'])
  await expect(page.getByText('This page is for staff; your account has: analyst.')).toBeVisible()
  const pages = page.getByRole('navigation', { name: 'Staff' }).getByRole('link')
  await expect(pages).toHaveText(['Orders', 'Codes', 'Stock'])
  await page.goto(`/staff/orders/${order}`)
  await expect(page.getByRole('heading', { name: 'Parcels' })).toBeVisible()
  await expect(page.getByText('Shipped to Germany')).toBeVisible()
  await expect(page.getByText(details['Street and number'])).toHaveCount(0)
  await expect(page.getByRole('main').getByRole('button')).toHaveCount(0)
  await expect(page.getByRole('main').getByRole('textbox')).toHaveCount(0)
  expect(contacts).toEqual([])

  await page.goto('/staff/codes')
  await expect(titled(page, 'Discount codes')).toBeVisible()
  await expect(page.locator('[aria-busy=true]')).toHaveCount(0)
  await expect(page.getByRole('main').getByRole('button')).toHaveCount(0)
  await page.goto(`/staff/stock?sku=${thing.sku}`)
  await expect(page.getByText('On hand', { exact: true })).toBeVisible()
  await expect(page.getByRole('main').getByRole('button')).toHaveText(['Show'])

  const refused = await page.request.get(`/api/commands/orders/${order}/contact`)
  expect(refused.ok()).toBe(false)
})

test('staff send an order in parts and refund it, and the customer sees each', async ({
  page,
  browser,
  request,
}) => {
  const thing = await listedByStaff(request, 'A thing in two parcels', 3000)
  await putIntoCart(page, thing)
  await page.goto('/cart')
  await page.getByRole('textbox', { name: `Quantity of ${thing.name}` }).fill('3')
  await page.keyboard.press('Tab')
  await expect(page.getByTestId('subtotal')).toHaveAttribute('data-settling', 'settled')
  await expect(page.getByTestId('subtotal')).toContainText('90.00')
  await toPayment(page)
  await fillCard(page, VISA)
  await pressPay(page)
  await isConfirmed(page)

  const office = await (await browser.newContext()).newPage()
  await asStaffMember(office, `/staff/orders/${orderOf(page)}`)
  await office.getByLabel(thing.name).fill('1')
  await office.getByLabel('Carrier').fill('DHL')
  await office.getByLabel('Tracking number').fill('FIRST-1')
  await office.getByRole('button', { name: 'Send parcel' }).click()
  const done = office.getByRole('region', { name: 'Done just now' })
  const parcels = office.getByRole('region', { name: 'Parcels' })
  await expect(parcels).toContainText(`1 × ${thing.name}`)
  // Taken back in time, it was never sent, and what was typed is there again.
  await done.getByRole('button', { name: /^Undo\W+Parcel with DHL FIRST-1/ }).click()
  await expect(parcels).toBeHidden()
  await expect(office.getByLabel('Tracking number')).toHaveValue('FIRST-1')
  await office.getByRole('button', { name: 'Send parcel' }).click()
  await expect(parcels).toContainText('FIRST-1')
  // The page is left before the time is over.
  await office.goto('about:blank')
  await expect(titled(page, 'A part of your order is on its way')).toBeVisible()
  await expect(page.getByText('FIRST-1')).toBeVisible()
  await office.goto(`/staff/orders/${orderOf(page)}`)
  await expect(office.getByText(/^Partly on its way/)).toBeVisible()

  await expect(office.getByText('of 2 left')).toBeVisible()
  await office.getByLabel('Carrier').fill('DPD')
  await office.getByRole('button', { name: 'Send parcel' }).click()
  await expect(parcels).toContainText('sent just now')
  // Its time is over: the shop knows it, and it can be marked as delivered.
  await expect(parcels).not.toContainText('sent just now', { timeout: 30_000 })
  await expect(titled(page, 'Your order is on its way')).toBeVisible()
  for (const parcel of [1, 2]) {
    await office.getByRole('button', { name: `Mark as delivered , parcel ${parcel}` }).click()
  }
  await expect(done.getByRole('button', { name: /^Undo/ })).toHaveCount(2)
  await office.getByRole('link', { name: 'Packing slip' }).click()
  await expect(office.getByRole('row', { name: `3 ${thing.name} ${thing.sku}` })).toBeVisible()
  await office.getByRole('link', { name: 'Back to the order' }).click()
  await expect(titled(page, 'Your order has arrived')).toBeVisible({ timeout: 30_000 })

  const question = office.getByRole('alertdialog')
  await office.getByLabel('Amount in EUR').fill('30,00')
  await office.getByRole('button', { name: 'Partial refund' }).click()
  await question.getByRole('button', { name: /^Refund 30\.00/ }).click()
  await expect(page.getByText('Partly refunded')).toBeVisible()
  await office.getByRole('button', { name: /^Refund all of/ }).click()
  await question.getByRole('button', { name: /^Refund/ }).click()
  await expect(
    page.getByRole('region', { name: 'Receipt' }).getByText('Refunded', { exact: true }).first(),
  ).toBeVisible()
  await expect(office.getByRole('heading', { name: 'Refund', exact: true })).toBeHidden()
  await office.context().close()
})

test('the orders are gone through with the keyboard', async ({ page, request, browser }) => {
  const shopper = await (await browser.newContext()).newPage()
  await aPaidOrder(shopper, request)
  await aPaidOrder(shopper, request)
  await asStaffMember(page, '/staff/orders?state=confirmed')
  const links = page.getByRole('table').getByRole('link')
  await links.first().focus()
  await page.keyboard.press('ArrowDown')
  await expect(links.nth(1)).toBeFocused()
  await page.keyboard.press('ArrowUp')
  await expect(links.first()).toBeFocused()
  const order = await links.first().getAttribute('href')
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(order ?? '')
  await expect(page.getByRole('main')).toBeFocused()
  await page.goBack()
  await expect(page).toHaveURL('/staff/orders?state=confirmed')
  await shopper.context().close()
})

test('a code is created with its limits, and disabled', async ({ page }) => {
  const code = `E2E-${crypto.randomUUID().slice(0, 6).toUpperCase()}`
  await asStaffMember(page, '/staff/codes')
  await page.getByLabel('Code', { exact: true }).fill(code)
  await page.getByLabel('Percent').fill('15')
  await page.getByLabel('Uses in total').fill('2')
  await page.getByRole('button', { name: 'Create the code' }).click()
  await page
    .getByRole('alertdialog')
    .getByRole('button', { name: `Create ${code}` })
    .click()
  const row = page.getByRole('row', { name: new RegExp(`^${code}`) })
  await expect(row).toContainText('0 of 2')
  await row.getByRole('button', { name: `Disable ${code}` }).click()
  await page
    .getByRole('alertdialog')
    .getByRole('button', { name: `Disable ${code}` })
    .click()
  await expect(row).toContainText('Disabled')
})

test('stock shows what is reserved for which order, and is received and adjusted', async ({
  page,
  request,
  browser,
}) => {
  const thing = await listedByStaff(request, 'A thing in stock', 2000, 6)
  const shopper = await (await browser.newContext()).newPage()
  await putIntoCart(shopper, thing)
  await toPayment(shopper)
  await fillCard(shopper, '4000 0000 0000 0002')
  await pressPay(shopper)
  await expect(titled(shopper, 'Your card was declined')).toBeVisible()

  await asStaffMember(page, '/staff/stock')
  await page.getByLabel('SKU').fill(thing.sku)
  await page.getByRole('button', { name: 'Show' }).click()
  const figure = (name: string) => page.locator('dl > div').filter({ hasText: name }).locator('dd')
  await expect(figure('On hand')).toHaveText('6')
  await expect(figure('Reserved')).toHaveText('1')
  await expect(figure('Available')).toHaveText('5')
  await expect(page.getByRole('table').getByRole('link')).toHaveAttribute(
    'href',
    `/staff/orders/${orderOf(shopper)}`,
  )
  await page.getByLabel('Units', { exact: true }).fill('4')
  await page.getByRole('button', { name: 'Receive', exact: true }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Receive 4' }).click()
  await expect(figure('On hand')).toHaveText('10')
  await page.getByLabel('Change by').fill('-10')
  await page.getByRole('button', { name: 'Adjust' }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Adjust by -10' }).click()
  await expect(page.getByRole('alertdialog').getByRole('alert')).toContainText('reserved')
  await page.getByRole('button', { name: 'Cancel' }).click()
  await expect(figure('On hand')).toHaveText('10')
  await shopper.context().close()
})
