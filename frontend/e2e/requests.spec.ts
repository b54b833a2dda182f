import { expect, test } from '@playwright/test'
import { register, registered, somebody, fillCredentials } from './people'
import { anotherPerson, askedFor, inbox, quotedByStaff, soldOut, storedRequest, unlike } from './requests'
import { asStaff, listedByStaff } from './shop'
import { fillCard, fillDetails, isConfirmed, orderOf, payButton, storedOrders, titled, VISA } from './till'

test('what is missing is asked for once: whoever asks again supports it in one tap', async ({
  page,
  browser,
}) => {
  const word = unlike()
  await registered(page)
  await page.goto('/requests')
  await page.getByRole('main').getByRole('link', { name: 'Make a request' }).first().click()
  await page.getByLabel('What you are looking for').fill(`A teapot for ${word}`)
  await page.getByLabel('Description').fill('Of cast iron, for two cups.')
  await page.getByLabel('Link to a web page about it').fill('https://example.org/teapot')
  await page.getByRole('button', { name: 'Send request' }).click()
  await expect(titled(page, `A teapot for ${word}`)).toBeVisible()
  await expect(titled(page, `A teapot for ${word}`)).toBeFocused()
  await expect(page.getByText('Others can support it now')).toBeVisible()
  await expect(page.getByText('Of cast iron, for two cups.')).toBeVisible()
  // The account is younger than a day.
  await expect(page.getByRole('main').getByRole('link', { name: 'example.org' })).toHaveCount(0)
  const about = page.getByRole('complementary', { name: 'About this request' })
  await expect(about.getByText('1 person')).toBeAttached()

  const other = await anotherPerson(browser, { width: 390, height: 844 })
  await other.goto('/requests/new')
  await other.getByLabel('What you are looking for').pressSequentially(`${word} tepot`)
  const alike = other.getByRole('complementary', { name: 'Similar products and requests' })
  await expect(alike.getByRole('link', { name: `A teapot for ${word}` })).toBeVisible()
  await alike.getByRole('button', { name: `Support this A teapot for ${word}` }).click()
  await expect(alike.getByRole('button', { name: `Supported A teapot for ${word}` })).toHaveAttribute(
    'aria-pressed',
    'true',
  )
  // Seen where it is open, without loading it again.
  await expect(about.getByText('2 people')).toBeAttached()

  await other.goto('/account/requests')
  await other.getByRole('link', { name: `A teapot for ${word}` }).click()
  const support = other.getByRole('button', { name: /^Supported/ })
  await support.click()
  await expect(other.getByRole('button', { name: /^Support this/ })).toHaveAttribute('aria-pressed', 'false')
  await expect(about.getByText('1 person')).toBeAttached()
  await other.context().close()
})

test('what the shop has already is shown while it is typed', async ({ page, request }) => {
  const word = unlike()
  const thing = await listedByStaff(request, `Kettle ${word}`, 4500)
  await page.goto('/requests/new')
  await page.getByLabel('What you are looking for').fill(`Kettle ${word}`)
  const alike = page.getByRole('complementary', { name: 'Similar products and requests' })
  await expect(alike.getByRole('heading', { name: 'In the shop' })).toBeVisible()
  await alike.getByRole('link', { name: thing.name }).click()
  await expect(page).toHaveURL(`/products/${thing.sku}`)
})

test('what a guest typed is still there after a new account, and is sent then', async ({ page }) => {
  const word = unlike()
  await page.goto('/requests/new')
  await page.getByRole('button', { name: 'Sign in to send' }).click()
  await expect(page.getByRole('group', { name: 'What is not right' })).toBeVisible()
  await page.getByLabel('What you are looking for').fill(`A lamp for ${word}`)
  await page.getByRole('button', { name: 'Sign in to send' }).click()
  await page
    .getByRole('main')
    .getByRole('link', { name: /account/ })
    .click()
  await expect(titled(page, 'Create an account')).toBeVisible()
  await fillCredentials(page, somebody())
  await page.getByRole('button', { name: 'Create account' }).click()
  await expect(page).toHaveURL('/requests/new')
  await expect(page.getByLabel('What you are looking for')).toHaveValue(`A lamp for ${word}`)
  await page.getByRole('button', { name: 'Send request' }).click()
  await expect(titled(page, `A lamp for ${word}`)).toBeVisible()
})

test('a guest who supports something signs in first, and has supported it then', async ({
  page,
  browser,
}) => {
  const other = await anotherPerson(browser)
  const id = await askedFor(other, { kind: 'missing_product', title: `A stool for ${unlike()}` })
  await page.goto(`/requests/${id}`)
  await page.getByRole('link', { name: /^Support this/ }).click()
  await page
    .getByRole('main')
    .getByRole('link', { name: /account/ })
    .click()
  await expect(titled(page, 'Create an account')).toBeVisible()
  await fillCredentials(page, somebody())
  await page.getByRole('button', { name: 'Create account' }).click()
  await expect(page.getByRole('button', { name: /^Supported/ })).toBeVisible()
  await expect.poll(async () => (await storedRequest(page, id)).supporters).toBe(2)
  await other.context().close()
})

test('a comment lights up the inbox of whoever follows, and is read when it was seen', async ({
  page,
  browser,
}) => {
  const word = unlike()
  await register(page)
  const id = await askedFor(page, { kind: 'missing_product', title: `A clock for ${word}` })
  await page.goto('/shop')
  await expect(inbox(page)).toHaveText(/nothing new/)

  const other = await anotherPerson(browser)
  await other.goto(`/requests/${id}`)
  await other.getByLabel('Your comment').fill('With a bell, please.')
  await other.getByRole('button', { name: 'Post comment' }).click()
  await expect(other.getByRole('heading', { name: 'Comments (1)' })).toBeVisible()

  await expect(inbox(page)).toHaveText(/1 unread/)
  await inbox(page).click()
  await page.getByRole('link', { name: `New comment on “A clock for ${word}”.` }).click()
  await expect(page.getByText('With a bell, please.')).toBeVisible()
  await expect(inbox(page)).toHaveText(/nothing new/)
  await page.reload()
  await expect(inbox(page)).toHaveText(/nothing new/)

  // Whoever stops following is left alone.
  await page.getByRole('button', { name: 'Stop following' }).click()
  await expect(page.getByRole('button', { name: 'Follow', exact: true })).toBeVisible()
  await expect.poll(async () => (await storedRequest(page, id)).followers).toBe(0)
  await other.context().close()
})

test('whoever waits for a sold out thing is told when it is back, and can stop waiting', async ({
  page,
  browser,
  request,
}) => {
  const thing = await soldOut(request, `Scarf ${unlike()}`)
  const leaver = await anotherPerson(browser)
  for (const one of [page, leaver]) {
    if (one === page) await registered(page)
    await one.goto(`/products/${thing.sku}`)
    await one.getByRole('button', { name: 'Tell me when it’s back' }).click()
    await expect(one.getByText('We’ll tell you when it is back.')).toBeVisible()
  }
  await leaver.getByRole('button', { name: /^Undo/ }).click()
  await expect(leaver.getByRole('button', { name: 'Tell me when it’s back' })).toBeVisible()
  await page.reload()
  await expect(page.getByText('We’ll tell you when it is back.')).toBeVisible()

  await asStaff(request, 'post', `/api/commands/stock/${thing.sku}/receipts`, { quantity: 4 })
  await expect(inbox(page)).toHaveText(/1 unread/)
  await inbox(page).click()
  await page.getByRole('link', { name: `Back in stock: “${thing.name}”.`, exact: false }).click()
  await expect(page).toHaveURL(`/products/${thing.sku}`)
  await expect(page.getByRole('button', { name: 'Add to cart', exact: true })).toBeVisible()
  await expect(inbox(leaver)).toHaveText(/nothing new/)
  await leaver.context().close()
})

test('a quote is renegotiated, accepted into an order at its price, once, and paid', async ({
  page,
  request,
}) => {
  const thing = await listedByStaff(request, `Cup ${unlike()}`, 1200, 700)
  await registered(page)
  await page.goto(`/requests/new?kind=quote&sku=${thing.sku}`)
  await expect(page.getByText(thing.name)).toBeVisible()
  await page.getByLabel('Quantity').fill('500')
  await page.getByLabel('Details').fill('For the opening of a café in May.')
  await page.getByRole('button', { name: 'Request a quote' }).click()
  await expect(titled(page, `500 × ${thing.name}`)).toBeVisible()
  const id = orderOf(page)

  await quotedByStaff(request, id, 1000, 500)
  await expect(page.getByRole('heading', { name: 'Our offer' })).toBeVisible()
  await expect(page.getByText('5,000.00 €')).toBeVisible()
  await page.getByRole('button', { name: 'Request a new quote' }).click()
  await page.getByLabel('What should be different?').fill('At 9.50 we would take them.')
  await page.getByRole('button', { name: 'Request a new quote' }).click()
  await expect(page.getByRole('heading', { name: 'You requested a new quote' })).toBeVisible()

  await quotedByStaff(request, id, 950, 500)
  await page.getByRole('link', { name: 'Accept and order' }).click()
  await fillDetails(page)
  await page.getByRole('button', { name: 'Continue to delivery' }).click()
  await page.getByRole('button', { name: 'Continue to the total' }).click()
  const order = page.getByRole('button', { name: /^Order for/ })
  await expect(order).toHaveAttribute('aria-disabled', 'false')
  const agreed = (await order.textContent())?.replace('Order for ', '') ?? ''
  await order.click()
  await expect(page).toHaveURL(/\/orders\//)
  await expect(page.getByText(agreed).first()).toBeVisible()
  const [stored] = await storedOrders(page)
  // 500 at 9.50, and shipping.
  expect(stored?.totals).toMatchObject({ subtotal: { minor: 475_000 } })
  expect(agreed.replaceAll(/\D/g, '')).toBe(String(stored?.totals.total.minor))
  await fillCard(page, VISA)
  await payButton(page).click()
  await isConfirmed(page)

  // Once: the way back leads to the order, not to a second one.
  await page.goto(`/requests/${id}/accept`)
  await expect(page).toHaveURL(`/orders/${stored?.id}`)
  await page.goto(`/requests/${id}`)
  await expect(page.getByRole('heading', { name: 'You ordered at this price' })).toBeVisible()
  await page.getByRole('link', { name: 'View order' }).click()
  await expect(page).toHaveURL(`/orders/${stored?.id}`)
  expect(await storedOrders(page)).toHaveLength(1)
})

test('a quote is declined, and asked for again with the same in the form', async ({ page, request }) => {
  const thing = await listedByStaff(request, `Plate ${unlike()}`, 900, 9)
  await registered(page)
  const id = await askedFor(page, { kind: 'quote', sku: thing.sku, quantity: 60 })
  await quotedByStaff(request, id, 850, 60)
  await page.goto(`/requests/${id}`)
  await page.getByRole('button', { name: 'Decline quote' }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Decline quote' }).click()
  await expect(page.getByRole('heading', { name: 'You declined this quote' })).toBeVisible()
  await page.getByRole('link', { name: 'Request a new quote' }).click()
  await expect(page.getByLabel('Quantity')).toHaveValue('60')
  await expect(page.getByText(thing.name)).toBeVisible()
})

test('a quote is nobody else’s to see', async ({ page, browser, request }) => {
  const thing = await listedByStaff(request, `Bowl ${unlike()}`, 900, 9)
  const other = await anotherPerson(browser)
  const id = await askedFor(other, { kind: 'quote', sku: thing.sku, quantity: 60 })
  await page.goto(`/requests/${id}`)
  await expect(page.getByRole('heading', { level: 1 })).toContainText(/couldn’t find this request/i)
  await other.context().close()
})
