// What the journeys with accounts have in common: somebody new, signing in and out.
import { expect, type Page } from '@playwright/test'

export interface Person {
  email: string
  password: string
}

export function somebody(): Person {
  return { email: `e2e-${crypto.randomUUID()}@example.org`, password: 'lantern quarry violin moss' }
}

export async function fillCredentials(page: Page, { email, password }: Person): Promise<void> {
  await page.getByLabel('E-mail').fill(email)
  await page.getByLabel('Password', { exact: true }).fill(password)
}

/** Through the page, as people do. */
export async function register(page: Page, person = somebody(), address = '/register'): Promise<Person> {
  await page.goto(address)
  await fillCredentials(page, person)
  await page.getByRole('button', { name: 'Create account' }).click()
  await isSignedIn(page)
  return person
}

export async function signIn(page: Page, person: Person, address = '/sign-in'): Promise<void> {
  await page.goto(address)
  await fillCredentials(page, person)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await isSignedIn(page)
}

/** Without a page, where a test is about something else. */
export async function registered(page: Page): Promise<Person> {
  const person = somebody()
  const answer = await page.request.post('/api/commands/accounts', { data: person })
  expect(answer.ok(), await answer.text()).toBe(true)
  return person
}

export const accountButton = (page: Page) =>
  page.getByRole('banner').getByRole('button', { name: 'Account', exact: true })

export async function isSignedIn(page: Page): Promise<void> {
  await expect(accountButton(page)).toBeVisible()
}

export async function isGuest(page: Page): Promise<void> {
  await expect(page.getByRole('banner').getByRole('link', { name: 'Sign in' })).toBeVisible()
}

export async function signOut(page: Page): Promise<void> {
  await accountButton(page).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await isGuest(page)
}

/** An address of the book, without its page. */
export async function keepAddress(page: Page, more: Record<string, string> = {}): Promise<void> {
  const address = {
    name: 'Ada Lovelace',
    line1: 'Lindenstraße 12',
    postal_code: '10969',
    city: 'Berlin',
    country: 'DE',
    ...more,
  }
  const answer = await page.request.post('/api/commands/account/addresses', { data: address })
  expect(answer.ok(), await answer.text()).toBe(true)
}
