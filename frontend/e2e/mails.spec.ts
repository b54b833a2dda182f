import { type Page, expect, test } from '@playwright/test'
import { confirmed } from './factors'
import { linkIn, mailsTo, mailTo } from './mailbox'
import { type Person, fillCredentials, isSignedIn, register, registered, signIn, somebody } from './people'
import { anotherPerson, askedFor, inbox, quotedByStaff, soldOut, unlike } from './requests'
import { asStaff } from './shop'
import { aPaidOrder, titled } from './till'

test('an address is confirmed by the link in a mail, once', async ({ page }) => {
  const ada = await register(page)
  await page.goto('/account')
  await expect(page.getByText(/Please confirm your e-mail address/)).toBeVisible()
  const link = linkIn(await mailTo(ada.email, 'Confirm your e-mail address'))
  await page.goto(link)
  await page.getByRole('button', { name: 'Confirm address' }).click()
  await expect(titled(page, 'Your e-mail address is confirmed')).toBeVisible()
  await page.getByRole('link', { name: 'Go to your account' }).click()
  await expect(page.getByText(ada.email)).toBeVisible()
  await expect(page.getByText(/Please confirm your e-mail address/)).toBeHidden()

  await page.goto('/')
  await page.goto(link)
  await page.getByRole('button', { name: 'Confirm address' }).click()
  await expect(titled(page, 'This link no longer works')).toBeVisible()
})

test('a link that is opened where nobody is signed in ends in a new password, and whoever registered is signed out', async ({
  page,
  browser,
}) => {
  const ada = await register(page)
  const link = linkIn(await mailTo(ada.email, 'Confirm your e-mail address'))
  const elsewhere = await (await browser.newContext()).newPage()
  await elsewhere.goto(link)
  await elsewhere.getByRole('button', { name: 'Confirm address' }).click()
  await expect(titled(elsewhere, 'Choose a new password')).toBeFocused()
  await expect(
    elsewhere.getByText(/Somebody else may have registered with your e-mail address/),
  ).toBeVisible()
  const password = 'a new one of several words'
  await elsewhere.getByLabel('New password').fill(password)
  await elsewhere.getByRole('button', { name: 'Confirm address' }).click()
  await expect(titled(elsewhere, 'Your e-mail address is confirmed')).toBeVisible()
  await mailTo(ada.email, 'Your password was changed')

  await page.goto('/account')
  await expect(page).toHaveURL(/\/sign-in/)
  await signIn(elsewhere, { ...ada, password })
  await elsewhere.context().close()
})

test('a key is told of by mail, without the key, and by its name once the address is confirmed', async ({
  page,
  browser,
}) => {
  const ada = await registered(page)
  await confirmed(page.request, ada)
  const told = await makesKey(page, ada)
  expect(told).toContain('Stock import')

  // Anybody may have registered with this address: nothing that they wrote is sent to it.
  const elsewhere = await (await browser.newContext()).newPage()
  const unknown = await makesKey(elsewhere, await registered(elsewhere))
  expect(unknown).toContain('Anyone who has the key can act for your account')
  expect(unknown).not.toContain('Stock import')
  await elsewhere.context().close()
})

/** Makes a key, and gives the mail about it. */
async function makesKey(page: Page, person: Person): Promise<string> {
  const body = { name: 'Stock import', role: 'shopper', expires_in_days: 2, password: person.password }
  const made = await page.request.post('/api/commands/account/api-keys', { data: body })
  expect(made.ok(), await made.text()).toBe(true)
  const { key } = (await made.json()) as { key: string }
  const told = await mailTo(person.email, 'An API key was made for your account')
  expect(told).not.toContain(key)
  return told
}

test('a forgotten password is replaced by the link in a mail, and every device is signed out', async ({
  page,
  browser,
}) => {
  const ada = await register(page)
  const elsewhere = await (await browser.newContext()).newPage()
  await elsewhere.goto('/sign-in')
  await elsewhere.getByRole('link', { name: 'Forgotten your password?' }).click()
  // The page of signing in, which stands until the other one is there, has a field of the same name.
  await expect(titled(elsewhere, 'Forgotten your password?')).toBeVisible()
  await elsewhere.getByLabel('E-mail').fill(ada.email)
  await elsewhere.keyboard.press('Enter')
  await expect(elsewhere.getByText(/have sent a link|If there is an account/).first()).toBeVisible()
  await elsewhere.goto(linkIn(await mailTo(ada.email, 'Choose a new password')))
  const password = 'a new one of several words'
  await elsewhere.getByLabel('New password').fill(password)
  await elsewhere.getByRole('button', { name: 'Change password' }).click()
  await expect(titled(elsewhere, 'Password changed')).toBeVisible()
  await mailTo(ada.email, 'Your password was changed')

  await page.goto('/account')
  await expect(page).toHaveURL(/\/sign-in/)
  await fillCredentials(page, ada)
  await page.keyboard.press('Enter')
  await expect(page.getByText(/is not correct/)).toBeVisible()
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
  await page.getByRole('button', { name: 'Confirm address' }).click()
  await expect(page.getByText(other.email)).toBeVisible()
  await mailTo(ada.email, 'Your e-mail address was changed')
  await page.context().clearCookies()
  await signIn(page, { ...other, password: ada.password })
  await isSignedIn(page)
})

test('whoever confirmed their address is written to about each step of a request, once', async ({
  page,
  browser,
  request,
}) => {
  const word = unlike()
  const ada = await registered(page)
  await page.goto(linkIn(await mailTo(ada.email, 'Confirm your e-mail address')))
  await page.getByRole('button', { name: 'Confirm address' }).click()
  await expect(titled(page, 'Your e-mail address is confirmed')).toBeVisible()

  const missing = await askedFor(page, { kind: 'missing_product', title: `A ladle ${word}` })
  await asStaff(request, 'put', `/api/commands/requests/${missing}/stage`, { stage: 'planned' })
  const planned = await mailTo(ada.email, 'What you asked for is planned')
  expect(planned).toContain(`A ladle ${word}`)
  expect(linkIn(planned)).toBe(`/requests/${missing}`)
  await page.goto(linkIn(planned))
  await expect(titled(page, `A ladle ${word}`)).toBeVisible()
  await asStaff(request, 'post', `/api/commands/requests/${missing}/comments`, { text: 'From Ghent.' })
  expect(await mailTo(ada.email, 'There is an answer to your request')).not.toContain('From Ghent.')
  await asStaff(request, 'put', `/api/commands/requests/${missing}/stage`, { stage: 'fulfilled' })
  expect(linkIn(await mailTo(ada.email, 'What you asked for is there'))).toBe(`/requests/${missing}`)

  const quote = await askedFor(page, { kind: 'quote', title: `Ladles ${word}`, quantity: 80 })
  await quotedByStaff(request, quote, 700, 80)
  expect(linkIn(await mailTo(ada.email, 'Your quote is ready'))).toBe(`/requests/${quote}`)
  await asStaff(request, 'post', `/api/commands/requests/${quote}/decline`, { reason: 'Sold for good.' })
  expect(await mailTo(ada.email, 'We cannot get what you asked for')).toContain(`Ladles ${word}`)

  // Somebody whose address is not confirmed waits, too, and is told in the inbox.
  const { sku, name } = await soldOut(request, `Ladle ${word}`)
  const other = await anotherPerson(browser)
  for (const one of [page, other]) await askedFor(one, { kind: 'back_in_stock', sku })
  await asStaff(request, 'post', `/api/commands/stock/${sku}/receipts`, { quantity: 3 })
  const back = await mailTo(ada.email, 'It is back in stock')
  expect(back).toContain(name)
  expect(linkIn(back)).toBe(`/products/${sku}`)
  await other.goto('/')
  await expect(inbox(other)).toHaveText(/1 unread/)
  await expect(inbox(page)).toHaveText(/6 unread/)

  const subjects = mailsTo(ada.email).map((mail) => /^Subject: (.*)$/m.exec(mail)?.[1]?.trim())
  expect(subjects.filter((subject) => subject !== 'Confirm your e-mail address').sort()).toEqual([
    'It is back in stock',
    'There is an answer to your request',
    'We cannot get what you asked for',
    'What you asked for is planned',
    'What you asked for is there',
    'Your quote is ready',
  ])
  await other.context().close()
})

test('the confirmation of an order has its number, address and tax, and names the seller as the receipt does', async ({
  page,
  request,
}) => {
  const order = await aPaidOrder(page, request)
  const end = order.replaceAll('-', '').slice(-8).toUpperCase()
  const number = `${end.slice(0, 4)}-${end.slice(4)}`
  const mail = await mailTo('ada@example.org', `Your order ${number} is confirmed`)
  for (const words of [
    `Thank you for your order ${number}.`,
    'Ada Lovelace',
    '10969 Berlin',
    'Includes 19 % tax',
    'Delivery method: Standard',
    '/pages/terms',
    '/pages/withdrawal',
  ]) {
    expect(mail).toContain(words)
  }
  const answer = await page.request.get('/api/commands/seller')
  const seller = (await answer.json()) as { name: string; address: string[]; vat_id: string }
  const receipt = page.getByRole('region', { name: 'Receipt' })
  for (const words of [seller.name, ...seller.address, `VAT ID ${seller.vat_id}`]) {
    expect(mail).toContain(words)
    // The buyer may live in the same country: its name is there twice.
    await expect(receipt).toContainText(words)
  }
})
