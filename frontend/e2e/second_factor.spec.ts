import { expect, test, type Page } from '@playwright/test'
import { codeOf, confirmed, granted, setUpApp } from './factors'
import { mailTo } from './mailbox'
import { fillCredentials, isSignedIn, register, signOut } from './people'

const secondStep = (page: Page) => page.getByRole('heading', { level: 1, name: 'Second step' })
const signInButton = (page: Page) =>
  page.getByRole('main').getByRole('button', { name: 'Sign in', exact: true })

async function enterPassword(page: Page, person: { email: string; password: string }, address = '/sign-in') {
  await page.goto(address)
  await fillCredentials(page, person)
  await signInButton(page).click()
  await expect(secondStep(page)).toBeFocused()
}

test('second_factor: an app is set up, asked for, and a recovery code stands in for it', async ({ page }) => {
  const person = await register(page)
  const app = await setUpApp(page, person)
  const saved = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Download codes' }).click()
  expect((await saved).suggestedFilename()).toBe('cartwright-recovery-codes.txt')
  await mailTo(person.email, 'A second factor was added')
  // Whoever leaves them without that is asked.
  await page.getByRole('button', { name: 'Done, hide codes' }).click()
  await signOut(page)

  await enterPassword(page, person, '/sign-in?then=/account/security')
  await page.getByLabel('Code from your app').fill('000000')
  await signInButton(page).click()
  await expect(page.getByLabel('Code from your app')).toHaveAccessibleDescription(/not correct/)
  // The one that confirmed the app was shown already; the next one is good a step early.
  await page.getByLabel('Code from your app').fill(codeOf(app.secret, 30))
  await signInButton(page).click()
  await isSignedIn(page)
  await expect(page).toHaveURL('/account/security')
  await signOut(page)

  await enterPassword(page, person)
  await page.getByRole('button', { name: 'Use a recovery code instead' }).click()
  await page.getByLabel('Recovery code').fill(app.recoveryCodes[0] ?? '')
  await signInButton(page).click()
  await isSignedIn(page)
  await mailTo(person.email, 'A recovery code was used')
  await page.goto('/account/security')
  await expect(page.getByText('9 recovery codes are left.')).toBeVisible()
  await page.getByRole('button', { name: 'Remove Authenticator app' }).click()
  await page.getByLabel('Confirm with your password', { exact: true }).fill(person.password)
  await page.getByRole('button', { name: 'Remove' }).click()
  await expect(page.getByText('Your password alone opens your account')).toBeVisible()
  // The session went on under a new id, and the page knows it.
  await page.reload()
  await expect(page.getByText('Your password alone opens your account')).toBeVisible()
})

test('second_factor: on a phone, somebody sets one up, is made one of the staff, and comes in with it', async ({
  browser,
}) => {
  const page = await (await browser.newContext({ viewport: { width: 390, height: 844 } })).newPage()
  const person = await register(page)
  await confirmed(page.request, person)
  await expect(granted(person, 'staff'), 'a role needs a second factor').rejects.toThrow(/second factor/)
  const app = await setUpApp(page, person)
  const wide = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth)
  expect(wide, 'nothing is wider than the phone').toBe(false)
  await granted(person, 'staff')
  // Its sessions have ended.
  await enterPassword(page, person, '/sign-in?then=/staff/orders')
  await page.getByLabel('Code from your app').fill(codeOf(app.secret, 30))
  await signInButton(page).click()
  await expect(page.getByRole('navigation', { name: 'Staff' })).toBeVisible()
  expect((await page.request.get('/api/queries/staff/orders')).status()).toBe(200)
  await page.goto('/account/security')
  await expect(page.getByText('Your role requires a second factor')).toBeVisible()
  await page.context().close()
})

test('second_factor: a passkey is made and shown by the browser', async ({ page, baseURL }) => {
  // Browsers bind passkeys to a domain, and an IP address is none.
  const origin = new URL(baseURL ?? '')
  origin.hostname = 'localhost'
  const at = (path: string) => new URL(path, origin).href
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('WebAuthn.enable')
  await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
    },
  })
  const person = await register(page, undefined, at('/register'))
  await page.goto(at('/account/security'))
  await page.getByRole('button', { name: 'Add a passkey' }).click()
  await page.getByLabel('Name').fill('This computer')
  await page.getByLabel('Confirm with your password', { exact: true }).fill(person.password)
  await page.getByRole('button', { name: 'Add passkey' }).click()
  await expect(page.getByRole('heading', { name: 'Save these recovery codes now' })).toBeFocused()
  await expect(
    page.getByRole('list', { name: 'Your second factors' }).getByText('This computer').first(),
  ).toBeVisible()
  await page.getByRole('button', { name: 'Done, hide codes' }).click()
  await signOut(page)

  await enterPassword(page, person, at('/sign-in'))
  await page.getByRole('button', { name: 'Use passkey' }).click()
  await isSignedIn(page)
  await expect(page).toHaveURL(at('/account'))
})
