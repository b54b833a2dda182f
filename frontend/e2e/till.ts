// What the journeys from the checkout on have in common: filling it in, paying, and reading what was stored.
import { expect, type APIRequestContext, type Page } from '@playwright/test'
import { becomeMember, type Role } from './factors'
import { listedByStaff, putIntoCart, type Shown } from './shop'

export const VISA = '4242 4242 4242 4242'
export const DECLINED = '4000 0000 0000 0002'
export const ASKS_THE_BANK = '4000 0027 6000 3184'

export const details = {
  'E-mail': 'ada@example.org',
  Name: 'Ada Lovelace',
  'Street and number': 'Lindenstraße 12',
  'Postal code': '10969',
  'Town or city': 'Berlin',
}

export async function fillDetails(page: Page): Promise<void> {
  // What the other fields are called is the country's.
  await page.getByLabel('Country').selectOption('DE')
  for (const [label, text] of Object.entries(details))
    await page.getByLabel(label, { exact: true }).fill(text)
}

export async function fillCard(page: Page, number: string): Promise<void> {
  await page.getByLabel('Card number').fill(number)
  await page.getByLabel('Expiry date').fill('12 / 40')
  await page.getByLabel('Security code').fill('123')
}

export const payButton = (page: Page) => page.getByRole('button', { name: /^(Pay|One moment)/ })

/** Waits until the total is the shop's, and presses Pay. */
export async function pressPay(page: Page): Promise<void> {
  await expect(payButton(page)).toHaveAttribute('aria-disabled', 'false')
  await payButton(page).click()
}

/** From the cart to the step where the card is asked for. */
export async function toPayment(page: Page): Promise<void> {
  await page.goto('/checkout')
  await fillDetails(page)
  await page.getByRole('button', { name: 'Continue to delivery' }).click()
  await page.getByRole('button', { name: 'Continue to payment' }).click()
  await expect(page.getByLabel('Card number')).toBeVisible()
}

/** A thing of this test's own, in the cart of a page that stands before the card form. */
export async function aboutToPay(page: Page, request: APIRequestContext, minor = 4200): Promise<Shown> {
  const thing = await listedByStaff(request, `A thing to pay ${crypto.randomUUID().slice(0, 4)}`, minor)
  await putIntoCart(page, thing)
  await toPayment(page)
  return thing
}

export const titled = (page: Page, title: string | RegExp) =>
  page.getByRole('heading', { level: 1, name: title })

export async function isConfirmed(page: Page): Promise<void> {
  await expect(titled(page, /^Thank you/)).toBeVisible()
}

/** A paid order on its own page. Answers its id. */
export async function aPaidOrder(page: Page, request: APIRequestContext, minor = 4200): Promise<string> {
  await aboutToPay(page, request, minor)
  await fillCard(page, VISA)
  await pressPay(page)
  await isConfirmed(page)
  return orderOf(page)
}

/** The order that the page shows, by its address. */
export function orderOf(page: Page): string {
  return new URL(page.url()).pathname.split('/').at(-1) ?? ''
}

export interface StoredOrder {
  id: string
  state: string
  totals: { total: { minor: number } }
  payment: { state: string; captured: { minor: number } | null; attempts: { state: string }[] }
}

/** What the shop has stored of this shopper's orders, apart from anything that a page shows. */
export async function storedOrders(page: Page): Promise<StoredOrder[]> {
  const answer = await page.request.get('/api/queries/orders')
  const { orders } = (await answer.json()) as { orders: { id: string }[] }
  return Promise.all(
    orders.map(async ({ id }) => {
      const order = await page.request.get(`/api/queries/orders/${id}`)
      return (await order.json()) as StoredOrder
    }),
  )
}

/** Opens a page of staff as an account with these roles, whoever was signed in before. */
export async function asStaffMember(
  page: Page,
  address: string,
  roles: Role[] = ['staff', 'ops'],
): Promise<void> {
  await becomeMember(page, roles)
  await page.goto(address)
}
