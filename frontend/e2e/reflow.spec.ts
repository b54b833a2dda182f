// No page is wider than its screen, whatever was written into it, however small the screen and however large the text is.
import { expect, test, type APIRequestContext, type Page } from '@playwright/test'
import { keepAddress, registered, accountButton } from './people'
import { everythingIsReachable, sticksOut, WORD } from './reflow'
import { askedFor, quotedByStaff, unlike } from './requests'
import { asStaff, cartButton, listedByStaff, putIntoCart, thingsToBuy, type Shown } from './shop'
import { asStaffMember, details, fillCard, isConfirmed, orderOf, pressPay, VISA } from './till'

const LONG_EMAIL = `${'a'.repeat(60)}@${'b'.repeat(60)}.example.org`

/** Opens each of them and looks at it on every screen. */
async function fit(page: Page, addresses: string[]): Promise<void> {
  for (const address of addresses) {
    await page.goto(address)
    await expect(page.getByRole('heading', { level: 1 }).first()).toBeVisible()
    await fits(page, address)
  }
}

async function fits(page: Page, name: string): Promise<void> {
  await expect(page.locator('[aria-busy=true], .skeleton')).toHaveCount(0)
  expect.soft(await sticksOut(page), name).toEqual([])
}

async function longProduct(request: APIRequestContext): Promise<Shown> {
  const thing = await listedByStaff(request, WORD, 6_550_000, 9, WORD.repeat(4))
  return thing
}

/** Fills in a checkout with the longest words that it takes, and stays at its first step. */
async function fillLongDetails(page: Page): Promise<void> {
  const long: typeof details = {
    'E-mail': LONG_EMAIL,
    Name: WORD,
    'Street and number': WORD,
    'Postal code': '10969',
    'Town or city': WORD,
  }
  // What the other fields are called is the country's.
  await page.getByLabel('Country').selectOption('DE')
  for (const [label, text] of Object.entries(long)) await page.getByLabel(label, { exact: true }).fill(text)
}

test('the pages that sell fit, with long words in them', async ({ page, request }) => {
  test.slow()
  const thing = await longProduct(request)
  await putIntoCart(page, thing)
  await fit(page, [
    '/',
    '/shop',
    `/shop?q=${WORD}`,
    `/shop?q=${WORD.slice(0, 20)}&category=desk&in-stock=true`,
    `/products/${thing.sku}`,
    `/products/${WORD}`,
    '/cart',
    '/nowhere',
    '/sign-in',
    '/register',
    '/forgotten',
    `/requests?q=${WORD}`,
    `/requests/new?title=${WORD}`,
  ])
  await page.goto('/')
  await cartButton(page).click()
  await expect(page.getByRole('dialog', { name: 'Your cart' })).toBeVisible()
  await fits(page, 'the drawer')
})

test('a checkout and its order fit, with long words in them, for their shopper and for staff', async ({
  page,
  request,
}) => {
  test.slow()
  const thing = await longProduct(request)
  await putIntoCart(page, thing)
  await page.goto('/checkout')
  await page.getByRole('button', { name: 'Continue to delivery' }).click()
  await fits(page, 'what is missing in a checkout')
  await fillLongDetails(page)
  await fits(page, 'the details of a checkout')
  await page.getByRole('button', { name: 'Continue to delivery' }).click()
  await expect(page.getByRole('radio').first()).toBeVisible()
  await fits(page, 'the delivery of a checkout')
  await page.getByRole('button', { name: 'Continue to payment' }).click()
  await expect(page.getByLabel('Card number')).toBeVisible()
  await fits(page, 'the payment of a checkout')
  await fillCard(page, VISA)
  await pressPay(page)
  await isConfirmed(page)
  await fits(page, 'a paid order')
  const order = orderOf(page)
  const parcel = { carrier: WORD, tracking: WORD.replaceAll('ä', 'a') }
  await asStaff(request, 'post', `/api/commands/orders/${order}/shipments`, parcel)
  await expect(page.getByText(WORD.slice(0, 20)).first()).toBeVisible()
  await fits(page, 'an order on its way')
  await fit(page, ['/orders'])
  await asStaffMember(page, '/staff')
  await fit(page, ['/staff/orders', `/staff/orders/${order}`, '/staff/audit'])
})

test('an account and its requests fit, with long words in them', async ({ page, request }) => {
  test.slow()
  const thing = await longProduct(request)
  await registered(page)
  await keepAddress(page, { name: WORD, line1: WORD, city: WORD })
  await putIntoCart(page, thing)
  const wanted = await askedFor(page, { kind: 'missing_product', title: WORD, description: WORD.repeat(8) })
  const quote = await askedFor(page, { kind: 'quote', sku: thing.sku, quantity: 15 })
  await quotedByStaff(request, quote, 6_550_000, 15)
  await asStaff(request, 'post', `/api/commands/requests/${wanted}/comments`, { text: WORD.repeat(8) })
  await fit(page, [
    '/requests?sort=newest',
    `/requests/${wanted}`,
    `/requests/${quote}`,
    `/requests/${quote}/accept`,
    '/checkout',
    '/account',
    '/account/orders',
    '/account/requests',
    '/account/inbox',
    '/account/addresses',
    '/account/security',
    '/account/keys',
    '/account/data',
  ])
  await asStaffMember(page, '/staff')
  await fit(page, ['/staff/requests', `/staff/requests/${wanted}`, `/staff/requests/${quote}`])
})

test('codes and stock of staff fit, with long words in them', async ({ page, request }) => {
  const thing = await longProduct(request)
  const code = `LONG${unlike().toUpperCase()}${'X'.repeat(40)}`.slice(0, 32)
  const discount = { amount: { minor: 1000, currency: 'EUR' } }
  await asStaff(request, 'post', '/api/commands/discount-codes', { code, discount, limit: 3 })
  await asStaffMember(page, '/staff')
  await fit(page, ['/staff/codes', '/staff/stock', `/staff/stock?sku=${thing.sku}`])
})

test('at 400 % zoom everything in a drawer, a sheet, a dialog and a menu can be reached', async ({
  page,
  request,
}) => {
  test.slow()
  const things = await thingsToBuy(request, 3)
  await registered(page)
  for (const thing of things) await putIntoCart(page, thing)
  await page.setViewportSize({ width: 320, height: 256 })

  await page.goto('/')
  await cartButton(page).click()
  const drawer = page.getByRole('dialog', { name: 'Your cart' })
  await expect(drawer).toBeVisible()
  await everythingIsReachable(drawer)
  await page.keyboard.press('Escape')
  await expect(drawer).toBeHidden()

  await accountButton(page).click()
  for (const item of await page.getByRole('menuitem').all()) {
    await item.scrollIntoViewIfNeeded()
    await expect(item).toBeInViewport({ ratio: 0.5 })
  }
  await page.keyboard.press('Escape')

  await page.goto('/shop')
  await page.getByRole('button', { name: 'Filter', exact: true }).click()
  const sheet = page.getByRole('dialog', { name: 'Filter' })
  await expect(sheet).toBeVisible()
  await everythingIsReachable(sheet)

  await page.goto('/cart')
  await everythingIsReachable(page.getByRole('main'))
})
