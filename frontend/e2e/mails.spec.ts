import { expect, test } from '@playwright/test'
import { linkIn, mailTo } from './mailbox'
import { fillCredentials, isSignedIn, register, registered, signIn, somebody } from './people'
import { titled } from './till'

test('an address is confirmed by the link in a mail, once', async ({ page }) => {
  const ada = await register(page)
  await page.goto('/account')
  await expect(page.getByText(/not confirmed/)).toBeVisible()
  const link = linkIn(await mailTo(ada.email, 'Confirm your e-mail address'))
  await page.goto(link)
  await page.getByRole('button', { name: 'Confirm the address' }).click()
  await expect(titled(page, 'Your e-mail address is confirmed')).toBeVisible()
  await page.getByRole('link', { name: 'See your account' }).click()
  await expect(page.getByText(ada.email)).toBeVisible()
  await expect(page.getByText(/not confirmed/)).toBeHidden()

  await page.goto('/')
  await page.goto(link)
  await page.getByRole('button', { name: 'Confirm the address' }).click()
  await expect(titled(page, 'This link does not work any more')).toBeVisible()
})

test('a forgotten password is replaced by the link in a mail, and every device is signed out', async ({
  page,
  browser,
}) => {
  const ada = await register(page)
  const elsewhere = await (await browser.newContext()).newPage()
  await elsewhere.goto('/sign-in')
  await elsewhere.getByRole('link', { name: 'Forgotten your password?' }).click()
  await elsewhere.getByLabel('E-mail').fill(ada.email)
  await elsewhere.keyboard.press('Enter')
  await expect(elsewhere.getByText(/on its way|If there is an account/).first()).toBeVisible()
  await elsewhere.goto(linkIn(await mailTo(ada.email, 'Choose a new password')))
  const password = 'a new one of several words'
  await elsewhere.getByLabel('New password').fill(password)
  await elsewhere.getByRole('button', { name: 'Change the password' }).click()
  await expect(titled(elsewhere, 'Your password is changed')).toBeVisible()
  await mailTo(ada.email, 'Your password was changed')

  await page.goto('/account')
  await expect(page).toHaveURL(/\/sign-in/)
  await fillCredentials(page, ada)
  await page.keyboard.press('Enter')
  await expect(page.getByText(/is not right/)).toBeVisible()
  await signIn(elsewhere, { ...ada, password })
  await elsewhere.context().close()
})

test("another address is the account's once its link was opened, and the old one hears of it", async ({
  page,
}) => {
  const ada = await registered(page)
  const other = somebody()
  await page.goto('/account/security')
  await page.getByLabel('New e-mail address').fill(other.email)
  await page.getByRole('textbox', { name: 'Your password' }).fill(ada.password)
  await page.getByRole('button', { name: 'Send the link' }).click()
  const link = linkIn(await mailTo(other.email, 'Confirm your e-mail address'))
  await page.goto('/account')
  await expect(page.getByText(ada.email)).toBeVisible()
  await page.goto(link)
  await page.getByRole('button', { name: 'Confirm the address' }).click()
  await expect(page.getByText(other.email)).toBeVisible()
  await mailTo(ada.email, 'Your e-mail address was changed')
  await page.context().clearCookies()
  await signIn(page, { ...other, password: ada.password })
  await isSignedIn(page)
})
