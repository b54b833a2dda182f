import { expect, test, type Page } from '@playwright/test'
import { registered } from './people'
import { anotherPerson, askedFor, inbox, storedRequest, unlike } from './requests'
import { listedByStaff } from './shop'
import { asStaffMember, titled } from './till'

const column = (office: Page, name: string) =>
  office.getByRole('region', { name: 'Board' }).getByRole('region', { name: new RegExp(`^${name}`) })
const card = (office: Page, name: string) =>
  office.getByRole('region', { name: 'Board' }).getByRole('listitem').filter({ hasText: name })
const panel = (office: Page, name: string) => office.getByRole('dialog', { name })

test('on a phone, staff plan by the menu and fulfil by the panel, and whoever asked is told of each', async ({
  page,
  browser,
}) => {
  const word = unlike()
  const title = `A basket for ${word}`
  await registered(page)
  const id = await askedFor(page, { kind: 'missing_product', title })
  await page.goto(`/requests/${id}`)

  const office = await (await browser.newContext({ viewport: { width: 390, height: 844 } })).newPage()
  await asStaffMember(office, `/staff/requests?q=${word}`)
  await expect(column(office, 'New').getByRole('link', { name: title })).toBeVisible()
  await office.getByRole('button', { name: `Move ${title}` }).click()
  await office.getByRole('menuitem', { name: 'Planned' }).click()
  const question = office.getByRole('alertdialog')
  await expect(question).toContainText('1 person follows it')
  await question.getByRole('button', { name: 'It is planned' }).click()
  await expect(column(office, 'Planned').getByRole('link', { name: title })).toBeVisible()
  await expect(column(office, 'New').getByRole('link', { name: title })).toHaveCount(0)
  await expect(page.getByRole('status').filter({ hasText: 'Planned' })).toBeVisible()
  await expect(inbox(page)).toHaveText(/1 unread/)

  await card(office, title).getByRole('link').click()
  await panel(office, title).getByRole('button', { name: 'Fulfilled' }).click()
  await office.getByRole('alertdialog').getByRole('button', { name: 'It is fulfilled' }).click()
  await expect(panel(office, title).getByRole('status').first()).toContainText('Available now')
  await expect(inbox(page)).toHaveText(/2 unread/)
  expect((await storedRequest(page, id)).state).toBe('fulfilled')
  await office.context().close()
})

test('a card is dragged to its next column', async ({ page, browser }) => {
  const word = unlike()
  await registered(page)
  const id = await askedFor(page, { kind: 'missing_product', title: `A tray for ${word}` })
  const office = await (await browser.newContext({ viewport: { width: 1600, height: 900 } })).newPage()
  await asStaffMember(office, `/staff/requests?q=${word}`)
  await card(office, word).dragTo(column(office, 'Triaged'))
  await expect(column(office, 'Triaged').getByRole('link')).toHaveText(`A tray for ${word}`)
  await expect.poll(async () => (await storedRequest(page, id)).state).toBe('triaged')
  await office.context().close()
})

test('a request is found, opened and declined with a reason by keyboard alone', async ({ page, browser }) => {
  const word = unlike()
  await registered(page)
  const first = await askedFor(page, { kind: 'missing_product', title: `A first ${word}` })
  await askedFor(page, { kind: 'missing_product', title: `A second ${word}` })
  const office = await (await browser.newContext()).newPage()
  await asStaffMember(office, '/staff/requests')
  await office.getByLabel('Words of the title').focus()
  await office.keyboard.type(word)
  await office.keyboard.press('Enter')
  await expect(column(office, 'New').getByRole('listitem')).toHaveCount(2)
  const links = column(office, 'New').getByRole('link')
  await expect(async () => {
    await office.keyboard.press('Tab')
    await expect(links.first()).toBeFocused({ timeout: 50 })
  }).toPass()
  await office.keyboard.press('ArrowDown')
  await expect(links.nth(1)).toBeFocused()
  await office.keyboard.press('ArrowUp')
  const chosen = (await links.first().textContent()) ?? ''
  await office.keyboard.press('Enter')
  await expect(panel(office, chosen)).toBeVisible()
  await office.keyboard.press('Escape')
  await expect(panel(office, chosen)).toBeHidden()
  await expect(card(office, chosen).getByRole('link')).toBeFocused()

  await office.keyboard.press('Tab')
  await expect(office.getByRole('button', { name: `Move ${chosen}` })).toBeFocused()
  await office.keyboard.press('Enter')
  await expect(office.getByRole('menuitem').first()).toBeFocused()
  await office.keyboard.press('End')
  await office.keyboard.press('Enter')
  const why = office.getByLabel('Why')
  await expect(office.getByRole('dialog', { name: 'Decline this request?' })).toBeVisible()
  await expect(async () => {
    await office.keyboard.press('Tab')
    await expect(why).toBeFocused({ timeout: 50 })
  }).toPass()
  await office.keyboard.type('Its maker closed the workshop.')
  await office.keyboard.press('Tab')
  await office.keyboard.press('Enter')
  await expect(column(office, 'Declined').getByRole('link', { name: chosen })).toBeVisible()
  await expect(card(office, chosen).getByRole('link')).toBeFocused()

  const declined = chosen.startsWith('A first') ? first : null
  if (declined !== null) await page.goto(`/requests/${declined}`)
  else await page.goto(`/requests?q=${word}`).then(() => page.getByRole('link', { name: chosen }).click())
  await expect(page.getByText('Its maker closed the workshop.')).toBeVisible()
  await office.context().close()
})

test('a duplicate goes on with the other: support is counted once, its page leads there', async ({
  page,
  browser,
}) => {
  const word = unlike()
  const [ada, bob] = [page, await anotherPerson(browser)]
  await registered(ada)
  const original = await askedFor(ada, { kind: 'missing_product', title: `Wall hook ${word}` })
  const double = await askedFor(bob, { kind: 'missing_product', title: `Hook for walls ${word}` })
  // Ada supports both, and is one person.
  await ada.goto(`/requests/${double}`)
  await ada.getByRole('button', { name: /^Support this/ }).click()
  await expect.poll(async () => (await storedRequest(ada, double)).supporters).toBe(2)

  const office = await (await browser.newContext()).newPage()
  await asStaffMember(office, `/staff/requests/${double}?q=${word}`)
  const opened = panel(office, `Hook for walls ${word}`)
  await opened.getByRole('button', { name: `Same as this Wall hook ${word}` }).click()
  await office.getByRole('alertdialog').getByRole('button', { name: 'It is the same' }).click()
  await expect(opened.getByText('It is not on the board any more.')).toBeVisible()
  await expect.poll(async () => (await storedRequest(ada, original)).supporters).toBe(2)
  await bob.goto(`/requests/${double}`)
  await expect(bob).toHaveURL(`/requests/${original}`)
  await expect(titled(bob, `Wall hook ${word}`)).toBeVisible()
  await expect(bob.getByText('was merged into this request')).toBeVisible()
  await expect(bob.getByRole('button', { name: /^Supported/ })).toBeVisible()
  await bob.context().close()
  await office.context().close()
})

test('a product that was listed meanwhile is proposed, and linking it fulfils the request', async ({
  page,
  browser,
  request,
}) => {
  const word = unlike()
  await registered(page)
  const id = await askedFor(page, { kind: 'missing_product', title: `Bookend ${word}` })
  const thing = await listedByStaff(request, `Bookend ${word} of oak`, 2900)
  const office = await (await browser.newContext()).newPage()
  await asStaffMember(office, `/staff/requests/${id}`)
  const opened = panel(office, `Bookend ${word}`)
  await expect(opened.getByText('It may be in the catalogue now:')).toBeVisible()
  await opened.getByRole('button', { name: `Link this product ${thing.name}` }).click()
  await office.getByRole('alertdialog').getByRole('button', { name: 'Link this product' }).click()
  await expect(opened.getByRole('status').first()).toContainText('Available now')

  await page.goto('/account/inbox')
  await page.getByRole('link', { name: `Available now: “Bookend ${word}”.` }).click()
  await expect(page).toHaveURL(`/products/${thing.sku}`)
  await office.context().close()
})

test('staff offer a quote, answer a comment, hide a request and show it again', async ({ page, browser }) => {
  const word = unlike()
  await registered(page)
  const quote = await askedFor(page, { kind: 'quote', title: `Stools ${word}`, quantity: 40 })
  const spam = await askedFor(page, { kind: 'missing_product', title: `Cheap watches ${word}` })
  const office = await (await browser.newContext()).newPage()
  await asStaffMember(office, `/staff/requests/${quote}?q=${word}`)
  const quoted = panel(office, `Stools ${word}`)
  await quoted.getByLabel('Each, in EUR').fill('31.5')
  await quoted.getByRole('button', { name: 'Offer it' }).click()
  const question = office.getByRole('alertdialog')
  await expect(question).toContainText('1,260.00 € together')
  await question.getByRole('button', { name: 'Offer it' }).click()
  await expect(quoted.getByText('Offered: 40 for 31.50 € each')).toBeVisible()
  await quoted.getByLabel('Answer in the shop’s name').fill('They come from Ghent.')
  await quoted.getByRole('button', { name: 'Answer' }).click()
  await expect(quoted.getByText('They come from Ghent.')).toBeVisible()
  await page.goto(`/requests/${quote}`)
  await expect(page.getByText('They come from Ghent.')).toBeVisible()
  await expect(page.getByText('You can order as soon as we add the product to the catalogue.')).toBeVisible()

  const stranger = await (await browser.newContext()).newPage()
  await office.goto(`/staff/requests/${spam}`)
  const opened = panel(office, `Cheap watches ${word}`)
  await opened.getByRole('button', { name: 'Hide it' }).click()
  await office.getByRole('alertdialog').getByRole('button', { name: 'Hide it' }).click()
  await expect(opened.getByText('Only its customer and staff.')).toBeVisible()
  await stranger.goto(`/requests?q=${word}`)
  await expect(stranger.getByRole('heading', { name: `No requests for “${word}” yet` })).toBeVisible()
  await page.goto(`/requests/${spam}`)
  await expect(page.getByText('This request is hidden')).toBeVisible()
  await opened.getByRole('button', { name: 'Show it to everybody again' }).click()
  await expect(opened.getByText('Everybody.', { exact: true })).toBeVisible()
  await stranger.reload()
  await expect(stranger.getByRole('link', { name: `Cheap watches ${word}`, exact: true })).toBeVisible()
  await stranger.context().close()
  await office.context().close()
})
