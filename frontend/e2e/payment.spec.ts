import fs from 'node:fs'
import path from 'node:path'
import { expect, test, type APIRequestContext, type Page } from '@playwright/test'
import { sandboxCards } from '../src/features/checkout/sandboxCards'
import { cartButton, storedCart } from './shop'
import {
  aboutToPay,
  ASKS_THE_BANK,
  DECLINED,
  fillCard,
  isConfirmed,
  orderOf,
  pressPay,
  storedOrders,
  titled,
  toPayment,
  VISA,
} from './till'

async function payWith(page: Page, number: string): Promise<void> {
  await fillCard(page, number)
  await pressPay(page)
}

/** One order, paid once. */
async function isOneOrderPaidOnce(page: Page): Promise<void> {
  await expect
    .poll(async () => (await storedOrders(page)).map(({ state, payment }) => [state, payment.state]))
    .toEqual([['confirmed', 'paid']])
  const [order] = await storedOrders(page)
  expect(order?.payment.captured?.minor).toBe(order?.totals.total.minor)
  expect(order?.payment.attempts.filter(({ state }) => state === 'captured')).toHaveLength(1)
}

test('a declined card keeps the order, and another card pays for it', async ({ page, request }) => {
  await aboutToPay(page, request)
  await payWith(page, DECLINED)
  await expect(titled(page, 'Your card was declined')).toBeVisible()
  await expect(page.getByText(/You have not been charged.*are reserved; try another card/)).toBeVisible()
  await expect(page.getByText('Lindenstraße 12')).toBeVisible()
  const order = orderOf(page)
  await payWith(page, VISA)
  await isConfirmed(page)
  expect(orderOf(page)).toBe(order)
  await isOneOrderPaidOnce(page)
  await page.reload()
  await isConfirmed(page)
})

test('a declined order is changed in the checkout, where everything is filled in, and paid as one order', async ({
  page,
  request,
}) => {
  const item = await aboutToPay(page, request)
  await page.getByRole('link', { name: 'Change the delivery method' }).click()
  await page.getByRole('radio', { name: /Express/ }).check()
  await page.getByRole('button', { name: 'Continue to payment' }).click()
  await payWith(page, DECLINED)
  await expect(titled(page, 'Your card was declined')).toBeVisible()
  await page.getByRole('button', { name: 'Change your order' }).dblclick()
  await expect(page).toHaveURL('/checkout/payment')
  await expect(page.getByText(/Ada Lovelace, Lindenstraße 12, 10969 Berlin/)).toBeVisible()
  await expect(page.getByRole('main').getByText(/^Express,/)).toBeVisible()
  await expect.poll(() => storedCart(page)).toEqual({ [item.sku]: 1 })
  await payWith(page, VISA)
  await isConfirmed(page)
  const states = (await storedOrders(page)).map(({ state }) => state).sort()
  expect(states).toEqual(['cancelled', 'confirmed'])
})

test('an order that is paid in another tab meanwhile is not cancelled by changing it', async ({
  page,
  request,
}) => {
  await aboutToPay(page, request)
  await payWith(page, DECLINED)
  await expect(titled(page, 'Your card was declined')).toBeVisible()
  // This tab hears nothing of what happens in the other one.
  await page.context().route('**/api/queries/**/live', (route) => route.abort())
  const tab = await page.context().newPage()
  await tab.goto(page.url())
  await payWith(tab, VISA)
  await isConfirmed(tab)
  await page
    .getByRole('button', { name: 'Change your order' })
    .click({ timeout: 5_000 })
    .catch(() => {})
  await isConfirmed(page)
  await isOneOrderPaidOnce(page)
})

test('the bank is asked, and confirms', async ({ page, request }) => {
  await aboutToPay(page, request)
  await payWith(page, ASKS_THE_BANK)
  await expect(page.getByText('Sandbox: no real bank, no real money')).toBeVisible()
  await page.getByRole('button', { name: 'Yes, confirm it' }).click()
  await isConfirmed(page)
  await isOneOrderPaidOnce(page)
})

test('the bank is asked, and says no: nothing is charged, and another card pays', async ({
  page,
  request,
}) => {
  await aboutToPay(page, request)
  await payWith(page, ASKS_THE_BANK)
  await page.getByRole('button', { name: 'No, let it fail' }).click({ timeout: 20_000 })
  await expect(titled(page, 'Your card was declined')).toBeVisible()
  await expect(page.getByText(/The confirmation with the bank failed/)).toBeVisible()
  await payWith(page, VISA)
  await isConfirmed(page)
  await isOneOrderPaidOnce(page)
})

test('the bank is left by the Back button: another card pays, and the first one is let go', async ({
  page,
  request,
}) => {
  await aboutToPay(page, request)
  await payWith(page, ASKS_THE_BANK)
  await expect(page.getByText('Sandbox: no real bank, no real money')).toBeVisible()
  await page.goBack()
  await expect(titled(page, 'Your bank asks for a confirmation')).toBeVisible()
  await page.getByRole('button', { name: 'Pay with another card instead' }).click()
  await payWith(page, VISA)
  await isConfirmed(page)
  await isOneOrderPaidOnce(page)
})

/** The page comes to the order, or heard that the cart is one by now and leads there. */
async function comesToTheOrder(page: Page): Promise<void> {
  const link = page.getByRole('link', { name: /^See (the order|your orders)$/ })
  await expect(link.or(titled(page, /^Thank you/))).toBeVisible()
  if (await link.isVisible()) {
    await link.click()
    const order = page.getByRole('main').getByRole('link', { name: /^Order / })
    await expect(order.or(titled(page, /^Thank you/)).first()).toBeVisible()
    if (page.url().endsWith('/orders')) await order.click()
  }
  await isConfirmed(page)
}

async function isOneOrderInBoth(page: Page, tab: Page): Promise<void> {
  await Promise.all([comesToTheOrder(page), comesToTheOrder(tab)])
  expect(orderOf(tab)).toBe(orderOf(page))
  await isOneOrderPaidOnce(page)
  await expect(cartButton(tab)).toContainText('0')
}

async function twoTabsAboutToPay(page: Page, request: APIRequestContext): Promise<Page> {
  await aboutToPay(page, request)
  const tab = await page.context().newPage()
  await toPayment(tab)
  await Promise.all([fillCard(page, VISA), fillCard(tab, VISA)])
  return tab
}

test('two tabs pay the same cart at the same time: it is one order', async ({ page, request }) => {
  const tab = await twoTabsAboutToPay(page, request)
  // The slower one's button may be gone by the time it would be pressed.
  await Promise.any([pressPay(page), pressPay(tab)])
  await isOneOrderInBoth(page, tab)
})

test('the tab that pressed Pay first is heard last: it is one order', async ({ page, request }) => {
  const tab = await twoTabsAboutToPay(page, request)
  let isOrdered = () => {}
  const ordered = new Promise<void>((resolve) => (isOrdered = resolve))
  await page.route('**/api/commands/carts/*/checkout', async (route) => {
    await ordered
    await route.continue()
  })
  const sent = page.waitForRequest('**/api/commands/carts/*/checkout')
  await pressPay(page)
  await sent
  await pressPay(tab)
  await isConfirmed(tab)
  isOrdered()
  await isOneOrderInBoth(page, tab)
})

for (const [what, address] of [
  ['the order', '**/api/commands/carts/*/checkout'],
  ['the attempt to pay', '**/api/commands/orders/*/payment-attempts**'],
] as const) {
  test(`the answer about ${what} is lost, and a reload pays the same order once`, async ({
    page,
    request,
  }) => {
    await aboutToPay(page, request)
    let heard = 0
    await page.route(address, async (route) => {
      await route.fetch()
      heard += 1
      await route.abort()
    })
    await payWith(page, VISA)
    await expect.poll(() => heard).toBeGreaterThan(0)
    await page.unroute(address)
    await page.reload()
    await isConfirmed(page)
    await isOneOrderPaidOnce(page)
  })
}

test('answers that are lost for a while are asked for until one comes, and it is one order', async ({
  page,
  request,
}) => {
  await aboutToPay(page, request)
  let lost = 0
  await page.route('**/api/commands/carts/*/checkout', async (route) => {
    const answer = await route.fetch()
    lost += 1
    if (lost < 9) await route.fulfill({ status: 502, headers: { 'retry-after': '0' }, body: '{}' })
    else await route.fulfill({ response: answer })
  })
  await payWith(page, VISA)
  await isConfirmed(page)
  expect(lost).toBe(9)
  await isOneOrderPaidOnce(page)
})

test('the number of the card is in no request', async ({ page, request }) => {
  const sent: string[] = []
  page.on('request', (one) => sent.push(`${one.url()} ${one.postData() ?? ''}`))
  await aboutToPay(page, request)
  await payWith(page, VISA)
  await isConfirmed(page)
  const kept = await page.evaluate(() => JSON.stringify([{ ...sessionStorage }, { ...localStorage }]))
  expect(sent.some((one) => one.includes('pm_card_visa'))).toBe(true)
  for (const one of [...sent, kept]) expect(one.replace(/[\s-]/g, '')).not.toContain('42424242')
})

test('the link opens the order without a session, and a key that is wrong opens nothing', async ({
  page,
  browser,
  request,
}) => {
  await aboutToPay(page, request)
  await payWith(page, DECLINED)
  await expect(titled(page, 'Your card was declined')).toBeVisible()
  const link = page.url()
  await page.close()

  const elsewhere = await browser.newContext()
  const tab = await elsewhere.newPage()
  await tab.goto(`${link.slice(0, -4)}AAAA`)
  await expect(titled(tab, 'There is no such order here.')).toBeVisible()
  await tab.goto(link)
  await expect(titled(tab, 'Your card was declined')).toBeVisible()
  await payWith(tab, VISA)
  await isConfirmed(tab)
  await elsewhere.close()
})

test('the page knows the cards that the sandbox documents', () => {
  const page = path.resolve(import.meta.dirname, '../../docs/sandbox-gateway.md')
  const rows = [...fs.readFileSync(page, 'utf8').matchAll(/^\| `([\d ]+)` \| `(pm_\w+)` \|/gm)]
  const documented = rows.map(([, number = '', token]) => ({ number: number.replaceAll(' ', ''), token }))
  expect(sandboxCards).toEqual(documented)
})
