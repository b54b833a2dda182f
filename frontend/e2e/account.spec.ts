import fs from 'node:fs/promises'
import { expect, test, type Locator, type Page } from '@playwright/test'
import { cartButton, putIntoCart, quantityOf, storedCart, thingsToBuy } from './shop'
import {
  accountButton,
  fillCredentials,
  isGuest,
  isSignedIn,
  keepAddress,
  register,
  registered,
  signIn,
  signOut,
  somebody,
} from './people'
import { fillCard, isConfirmed, pressPay, titled, VISA } from './till'

test('a cart is still there after registering, gone after signing out, and back elsewhere', async ({
  page,
  browser,
  request,
}) => {
  const [mug, bowl] = await thingsToBuy(request, 2)
  if (mug === undefined || bowl === undefined) throw new Error('the shop is empty')
  await putIntoCart(page, mug)
  const ada = await register(page)
  await expect(page).toHaveURL('/account')
  await expect(page.getByText(ada.email)).toBeVisible()
  await expect(cartButton(page)).toContainText('1')
  await page.goto('/cart')
  await expect(quantityOf(page, mug)).toHaveValue('1')

  await signOut(page)
  await expect(page).toHaveURL('/')
  await expect(cartButton(page)).toContainText('0')
  expect(await storedCart(page)).toEqual({})

  // On another device, where something is in the cart already: both are.
  const phone = await (await browser.newContext({ viewport: { width: 390, height: 844 } })).newPage()
  await putIntoCart(phone, mug)
  await putIntoCart(phone, bowl)
  await signIn(phone, ada, '/sign-in?then=%2Fcart')
  await expect(phone).toHaveURL('/cart')
  await expect(quantityOf(phone, mug)).toHaveValue('2')
  await expect(quantityOf(phone, bowl)).toHaveValue('1')
  await expect.poll(() => storedCart(phone)).toEqual({ [mug.sku]: 2, [bowl.sku]: 1 })
  await phone.context().close()
})

test('signing in is heard of in the other tab', async ({ page, context, request }) => {
  const [mug] = await thingsToBuy(request, 1)
  if (mug === undefined) throw new Error('the shop is empty')
  const ada = await register(page)
  await putIntoCart(page, mug)
  await signOut(page)
  const tab = await context.newPage()
  await tab.goto('/cart')
  await expect(tab.getByText('Your cart is empty.')).toBeVisible()
  await signIn(page, ada)
  await isSignedIn(tab)
  await expect(quantityOf(tab, mug)).toHaveValue('1')
  await signOut(page)
  await isGuest(tab)
  await expect(tab.getByText('Your cart is empty.')).toBeVisible()
})

test('a wrong password says neither too much nor too little, and the right one leads back', async ({
  page,
}) => {
  const ada = await registered(page)
  await page.context().clearCookies()
  await page.goto('/orders')
  await page.getByRole('banner').getByRole('link', { name: 'Sign in' }).click()
  await expect(page).toHaveURL('/sign-in?then=%2Forders')
  await expect(titled(page, 'Sign in')).toBeVisible()
  await fillCredentials(page, { ...ada, password: 'something else entirely' })
  await page.keyboard.press('Enter')
  await expect(page.getByText(/e-mail address or the password is not correct/)).toBeVisible()
  await fillCredentials(page, ada)
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL('/account/orders')
})

test('an address that has an account is not registered twice', async ({ page }) => {
  const ada = await registered(page)
  await page.context().clearCookies()
  await page.goto('/register')
  await fillCredentials(page, { ...ada, password: 'another one of four words' })
  await page.getByRole('button', { name: 'Create account' }).click()
  await expect(page.getByRole('group', { name: 'What is not right' })).toBeFocused()
  await expect(page.getByRole('group', { name: 'What is not right' })).toContainText(
    'account with this address already exists',
  )
})

test('another password ends the session on the other device, and is the one from then on', async ({
  page,
  browser,
}) => {
  const ada = await register(page)
  const phone = await (await browser.newContext()).newPage()
  await signIn(phone, ada)
  await page.goto('/account/security')
  await expect(page.getByRole('list', { name: 'Your sessions' }).getByRole('listitem')).toHaveCount(2)
  const password = 'quite another one, and longer'
  await page.getByLabel('Current password').fill(ada.password)
  await page.getByLabel('New password').fill(password)
  await page.getByRole('button', { name: 'Change password' }).click()
  await expect(page.getByText(/Password changed/)).toBeVisible()
  await expect(page.getByRole('list', { name: 'Your sessions' }).getByRole('listitem')).toHaveCount(1)

  await phone.goto('/account')
  await expect(phone).toHaveURL('/sign-in?then=%2Faccount')
  await fillCredentials(phone, ada)
  await phone.keyboard.press('Enter')
  await expect(phone.getByText(/is not correct/)).toBeVisible()
  await fillCredentials(phone, { ...ada, password })
  await phone.keyboard.press('Enter')
  await expect(phone).toHaveURL('/account')
  await phone.context().close()
})

test('one session is ended, then all', async ({ page, browser }) => {
  const ada = await register(page)
  const phone = await (await browser.newContext()).newPage()
  await signIn(phone, ada)
  await page.goto('/account/security')
  await page.getByRole('button', { name: /^Sign out (?!everywhere)/ }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Sign out' }).click()
  await expect(page.getByRole('list', { name: 'Your sessions' }).getByRole('listitem')).toHaveCount(1)
  await phone.goto('/account')
  await expect(phone).toHaveURL(/\/sign-in/)
  await signIn(phone, ada)
  await page.getByRole('button', { name: 'Sign out everywhere' }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Sign out everywhere' }).click()
  await expect(page).toHaveURL(/\/sign-in/)
  await isGuest(page)
  await phone.goto('/account')
  await expect(phone).toHaveURL(/\/sign-in/)
  await phone.context().close()
})

test('the address book is kept, changed, and filled in by the checkout', async ({ page, request }) => {
  const [mug] = await thingsToBuy(request, 1)
  if (mug === undefined) throw new Error('the shop is empty')
  const ada = await register(page)
  await page.goto('/account/addresses')
  await page.getByRole('button', { name: 'Add address' }).click()
  await page.getByLabel('Name').fill('Ada Lovelace')
  await page.getByLabel('Country').selectOption('DE')
  await page.getByLabel('Street and number').fill('Lindenstraße 12')
  await page.getByLabel('Postal code').fill('10969')
  await page.getByLabel('Town or city').fill('Berlin')
  await page.getByRole('button', { name: 'Save address' }).click()
  await expect(page.getByText(/Lindenstraße 12 · 10969 Berlin/)).toBeVisible()
  await page.getByRole('button', { name: /^Edit/ }).click()
  await page.getByLabel('Street and number').fill('Lindenstraße 14')
  await page.getByRole('button', { name: 'Save address' }).click()
  await expect(page.getByText(/Lindenstraße 14/).first()).toBeVisible()

  await putIntoCart(page, mug)
  await page.goto('/checkout')
  await expect(page.getByLabel('E-mail')).toHaveValue(ada.email)
  await expect(page.getByLabel('Street and number')).toHaveValue('Lindenstraße 14')
  await page.getByRole('button', { name: 'Continue to delivery' }).click()
  await page.getByRole('button', { name: 'Continue to payment' }).click()
  await fillCard(page, VISA)
  await pressPay(page)
  await isConfirmed(page)
  await expect(page.getByRole('link', { name: 'Create an account' })).toBeHidden()
  await page.goto('/account/orders')
  await expect(page.getByRole('navigation', { name: 'Account' })).toBeVisible()
  await expect(page.getByRole('main').getByRole('link', { name: /^Order \S/ })).toHaveCount(1)
})

test('a guest in the middle of a checkout signs in, comes back, and has the address book', async ({
  page,
  request,
}) => {
  const [mug] = await thingsToBuy(request, 1)
  if (mug === undefined) throw new Error('the shop is empty')
  const ada = await registered(page)
  await keepAddress(page)
  await page.context().clearCookies()
  await putIntoCart(page, mug)
  await page.goto('/checkout')
  await page.getByRole('main').getByRole('link', { name: 'Sign in' }).click()
  await expect(titled(page, 'Sign in')).toBeVisible()
  await fillCredentials(page, ada)
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL('/checkout/details')
  await expect(page.getByLabel('From your address book')).toHaveValue(/./)
  await expect(page.getByLabel('Street and number')).toHaveValue('Lindenstraße 12')
  await page.getByRole('button', { name: 'Continue to delivery' }).click()
  await expect(page.getByRole('button', { name: 'Continue to payment' })).toBeVisible()
})

test('a key works until it is revoked', async ({ page, request }) => {
  const ada = await register(page)
  await page.goto('/account/security/keys')
  await page.getByLabel('Name').fill('A test')
  await page.getByLabel('Expires after (days)').fill('2')
  await page.getByLabel('Your password').fill(ada.password)
  await page.getByRole('button', { name: 'Create key' }).click()
  await expect(page.getByRole('heading', { name: 'A test: copy this key now' })).toBeFocused()
  const key = (await page.locator('code').textContent()) ?? ''
  const asKey = () => request.get('/api/commands/account', { headers: { authorization: `Bearer ${key}` } })
  expect((await asKey()).status()).toBe(200)
  await page.reload()
  await expect(page.getByText(key)).toBeHidden()
  await page.getByRole('button', { name: 'Revoke A test' }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Revoke key' }).click()
  await expect(page.getByText(/No API keys yet/)).toBeVisible()
  await expect.poll(async () => (await asKey()).status()).toBeGreaterThanOrEqual(400)
})

test('what is known of somebody is downloaded, and deleted with the account', async ({ page }) => {
  const ada = await register(page)
  await keepAddress(page)
  await page.goto('/account/data')
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download my data' }).click(),
  ])
  expect(file.suggestedFilename()).toBe('cartwright-my-data.json')
  const known = await fs.readFile(await file.path(), 'utf8')
  expect(known).toContain(ada.email)
  expect(known).toContain('Lindenstraße 12')

  const really = async (password: string) => {
    await page.getByLabel('Your password').fill(password)
    await page.getByRole('button', { name: 'Delete my account' }).click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Delete permanently' }).click()
  }
  await really('not the password')
  await expect(page.getByRole('group', { name: 'What is not right' })).toContainText('Nothing was deleted')
  await really(ada.password)
  await expect(titled(page, 'Your account is deleted')).toBeVisible()
  await isGuest(page)
  await page.goto('/sign-in')
  await fillCredentials(page, ada)
  await page.keyboard.press('Enter')
  await expect(page.getByText(/is not correct/)).toBeVisible()
})

/** Presses Tab until the element has focus, as somebody without a mouse does. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  for (let press = 0; press < 60; press += 1) {
    if (await target.evaluate((element) => element === document.activeElement).catch(() => false)) return
    await page.keyboard.press('Tab')
  }
  throw new Error(`Tab does not reach ${target.toString()}`)
}

test('an account is made and left on a phone-sized screen with the keyboard alone', async ({ page }) => {
  const { email, password } = somebody()
  await page.setViewportSize({ width: 390, height: 844 })
  await page.goto('/')
  await tabTo(page, page.getByRole('banner').getByRole('link', { name: 'Sign in' }))
  await page.keyboard.press('Enter')
  await expect(page.getByRole('main')).toBeFocused()
  await tabTo(page, page.getByRole('link', { name: 'Create an account' }))
  await page.keyboard.press('Enter')
  const create = page.getByRole('button', { name: 'Create account' })
  await tabTo(page, create)
  await page.keyboard.press('Enter')
  await expect(page.getByRole('group', { name: 'What is not right' })).toBeFocused()
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await expect(page.getByLabel('E-mail')).toBeFocused()
  await page.keyboard.type(email)
  await page.keyboard.press('Tab')
  await page.keyboard.type(password)
  await tabTo(page, page.getByRole('button', { name: 'Show password' }))
  await page.keyboard.press('Enter')
  await expect(page.getByLabel('Password', { exact: true })).toHaveAttribute('type', 'text')
  await tabTo(page, create)
  await page.keyboard.press('Enter')
  await expect(titled(page, 'Your account')).toBeVisible()

  await tabTo(page, accountButton(page))
  await page.keyboard.press('Enter')
  await expect(page.getByRole('menuitem', { name: 'Account' })).toBeFocused()
  await page.keyboard.press('Escape')
  await expect(accountButton(page)).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('menuitem', { name: 'Account' })).toBeFocused()
  await page.keyboard.press('End')
  await page.keyboard.press('Enter')
  await isGuest(page)
  await expect(page.getByRole('status', { name: 'Account' })).toHaveText('You are signed out.')
})

test('the pages of an account need no sideways scroll, down to 320 px', async ({ page }) => {
  await page.setViewportSize({ width: 320, height: 640 })
  const fits = async (address: string) => {
    await page.goto(address)
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
    await expect(page.locator('[aria-busy=true], .skeleton')).toHaveCount(0)
    const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
    expect(wider, address).toBeLessThanOrEqual(0)
  }
  for (const address of ['/sign-in', '/register', '/forgotten', '/account/reset#a', '/account/confirm#a']) {
    await fits(address)
  }
  await registered(page)
  await keepAddress(page, {
    line1: 'A street with a name that is longer than any screen of a phone is wide 12',
  })
  for (const place of ['', '/orders', '/addresses', '/security', '/security/keys', '/data']) {
    await fits(`/account${place}`)
  }
})
