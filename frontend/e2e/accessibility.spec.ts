import path from 'node:path'
import AxeBuilder from '@axe-core/playwright'
import { expect, test, type APIRequestContext, type Page } from '@playwright/test'
import { setUpApp } from './factors'
import { accountButton, fillCredentials, keepAddress, registered, signOut, type Person } from './people'
import { askedFor, quotedByStaff, soldOut, unlike } from './requests'
import { asStaff, changedPrice, listedByStaff, putIntoCart, thingsToBuy, type Shown } from './shop'
import {
  aboutToPay,
  aPaidOrder,
  asStaffMember,
  ASKS_THE_BANK,
  DECLINED,
  fillCard,
  fillDetails,
  pressPay,
  titled,
  toPayment,
} from './till'

interface Place {
  name: string
  /** Leads to a page or a state of it. The things are in the cart where `inCart` says so. */
  open: (page: Page, thing: Shown, request: APIRequestContext) => Promise<unknown>
  inCart?: boolean
  only?: 'phone'
}

const places: Place[] = [
  { name: 'home', open: (page) => page.goto('/') },
  { name: 'the catalogue', open: (page) => page.goto('/shop') },
  {
    name: 'a filtered catalogue',
    open: (page) => page.goto('/shop?q=a&category=kitchen&in-stock=true&sort=name'),
  },
  { name: 'a catalogue without a match', open: (page) => page.goto('/shop?q=unicorn&category=desk') },
  {
    name: 'the catalogue while it cannot be reached',
    open: async (page) => {
      await page.route('**/api/queries/products?**', (route) => route.fulfill({ status: 400, body: '{}' }))
      await page.goto('/shop')
      await expect(page.getByRole('alert').filter({ hasText: 'did not load' })).toBeVisible()
    },
  },
  {
    name: 'the open filter sheet',
    only: 'phone',
    open: async (page) => {
      await page.goto('/shop')
      await page.getByRole('button', { name: 'Filter', exact: true }).click()
      await expect(page.getByRole('dialog', { name: 'Filter' })).toBeVisible()
    },
  },
  { name: 'a product', open: (page, thing) => page.goto(`/products/${thing.sku}`) },
  { name: 'the empty cart', open: (page) => page.goto('/cart') },
  { name: 'the cart', inCart: true, open: (page) => page.goto('/cart') },
  {
    name: 'the cart after a removal',
    inCart: true,
    open: async (page) => {
      await page.goto('/cart')
      await page.getByRole('button', { name: /^Remove/ }).click()
      await expect(page.getByRole('button', { name: 'Undo' })).toBeVisible()
    },
  },
  { name: 'the empty drawer', open: openDrawer },
  { name: 'the drawer', inCart: true, open: openDrawer },
  { name: 'a page that is not there', open: (page) => page.goto('/nowhere') },
  { name: 'the details of a checkout', inCart: true, open: (page) => page.goto('/checkout') },
  {
    name: 'details of which some are missing',
    inCart: true,
    open: async (page) => {
      await page.goto('/checkout')
      await page.getByRole('button', { name: 'Continue to delivery' }).click()
      await expect(page.getByRole('group', { name: 'What is not right' })).toBeVisible()
    },
  },
  {
    name: 'the delivery of a checkout',
    inCart: true,
    open: async (page) => {
      await page.goto('/checkout')
      await fillDetails(page)
      await page.getByRole('button', { name: 'Continue to delivery' }).click()
      await expect(page.getByRole('radio').first()).toBeVisible()
    },
  },
  { name: 'the payment of a checkout', inCart: true, open: toPayment },
  {
    name: 'a price that changed during the checkout',
    open: async (page, _, request) => {
      await changedPrice(request, await aboutToPay(page, request), 4850)
      await expect(page.getByRole('button', { name: 'Continue with the new total' })).toBeVisible()
    },
  },
  {
    name: 'a declined card',
    inCart: true,
    open: async (page) => {
      await payWith(page, DECLINED)
      await expect(titled(page, 'Your card was declined')).toBeVisible()
    },
  },
  {
    name: 'the page of the bank',
    inCart: true,
    open: async (page) => {
      await payWith(page, ASKS_THE_BANK)
      await expect(page.getByRole('button', { name: 'Yes, confirm it' })).toBeVisible()
    },
  },
  { name: 'a paid order', open: (page, _, request) => aPaidOrder(page, request) },
  {
    name: 'an order that is on its way',
    open: async (page, _, request) => {
      const order = await aPaidOrder(page, request)
      const parcel = { carrier: 'DHL', tracking: '00340434161094042557' }
      await asStaff(request, 'post', `/api/commands/orders/${order}/shipments`, parcel)
      await expect(titled(page, 'Your order is on its way')).toBeVisible()
    },
  },
  {
    name: 'an order that was cancelled and refunded',
    open: async (page, _, request) => {
      const order = await aPaidOrder(page, request)
      await asStaff(request, 'post', `/api/commands/orders/${order}/cancellation`)
      await expect(titled(page, /cancelled/)).toBeVisible()
    },
  },
  { name: 'no orders yet', open: (page) => page.goto('/orders') },
  {
    name: 'my orders',
    open: async (page, _, request) => {
      await aPaidOrder(page, request)
      await page.goto('/orders')
      await expect(page.getByRole('main').getByRole('listitem').first()).toBeVisible()
    },
  },
  { name: 'signing in', open: (page) => page.goto('/sign-in') },
  {
    name: 'a new account of which something is missing',
    open: async (page) => {
      await page.goto('/register')
      await page.getByRole('button', { name: 'Create account' }).click()
      await expect(page.getByRole('group', { name: 'What is not right' })).toBeVisible()
    },
  },
  { name: 'a forgotten password', open: (page) => page.goto('/forgotten') },
  { name: 'the link for a new password', open: (page) => page.goto('/account/reset#a-token') },
  { name: 'a link that is cut off', open: (page) => page.goto('/account/reset') },
  { name: 'the link that confirms an address', open: (page) => page.goto('/account/confirm#a-token') },
  { name: 'an account', open: (page) => asCustomer(page, '/account') },
  {
    name: 'the menu of an account',
    open: async (page) => {
      await asCustomer(page, '/')
      await accountButton(page).click()
      await expect(page.getByRole('menu')).toBeVisible()
    },
  },
  {
    name: 'the address book',
    open: async (page) => {
      await registered(page)
      await keepAddress(page)
      await page.goto('/account/addresses')
      await expect(page.getByRole('list', { name: 'Your addresses' })).toBeVisible()
    },
  },
  {
    name: 'a new address',
    open: async (page) => {
      await asCustomer(page, '/account/addresses')
      await page.getByRole('button', { name: 'Add address' }).click()
      await expect(page.getByLabel('Town or city')).toBeVisible()
    },
  },
  {
    name: 'the security of an account',
    open: async (page) => {
      await asCustomer(page, '/account/security')
      await expect(page.getByRole('list', { name: 'Your sessions' })).toBeVisible()
    },
  },
  {
    name: 'an app that is set up',
    open: async (page) => {
      const { password } = await registered(page)
      await page.goto('/account/security')
      await page.getByRole('button', { name: 'Add an app' }).click()
      await page.getByLabel('Confirm with your password', { exact: true }).fill(password)
      await page.getByRole('button', { name: 'Continue' }).click()
      await expect(page.getByRole('img', { name: 'QR code for your authenticator app' })).toBeVisible()
    },
  },
  {
    name: 'recovery codes',
    open: async (page) => setUpApp(page, await registered(page)),
  },
  {
    name: 'the second step of signing in',
    open: async (page) => {
      const person = await registered(page)
      await setUpApp(page, person)
      await page.getByRole('button', { name: 'Done, hide codes' }).click()
      await signOut(page)
      await page.goto('/sign-in')
      await fillCredentials(page, person)
      await page.getByRole('main').getByRole('button', { name: 'Sign in', exact: true }).click()
      await expect(page.getByRole('heading', { level: 1, name: 'Second step' })).toBeVisible()
    },
  },
  {
    name: 'a new API key',
    open: async (page) => {
      const { password } = await asCustomer(page, '/account/security/keys')
      await page.getByLabel('Name').fill('For axe')
      await page.getByLabel('Your password').fill(password)
      await page.getByRole('button', { name: 'Create key' }).click()
      await expect(page.getByRole('button', { name: 'Copy key' })).toBeVisible()
    },
  },
  { name: 'the data of an account', open: (page) => asCustomer(page, '/account/data') },
  {
    name: 'the end of an account',
    open: async (page) => {
      const { password } = await asCustomer(page, '/account/data')
      await page.getByLabel('Your password').fill(password)
      await page.getByRole('button', { name: 'Delete my account' }).click()
      await page.getByRole('alertdialog').getByRole('button', { name: 'Delete permanently' }).click()
      await expect(page.getByRole('heading', { level: 1, name: 'Your account is deleted' })).toBeVisible()
      // React Aria says for a few seconds that the button works, by a name that went with the page.
      await expect(page.locator('[data-live-announcer] [role="img"]')).toHaveCount(0)
    },
  },
  {
    name: 'the details of a checkout with an address book',
    open: async (page, thing) => {
      await registered(page)
      await keepAddress(page)
      await putIntoCart(page, thing)
      await page.goto('/checkout')
      await expect(page.getByLabel('From your address book')).toBeVisible()
    },
  },
  { name: 'the door of the staff', open: (page) => page.goto('/staff') },
  {
    name: "the staff's orders",
    open: async (page, _, request) => {
      await aPaidOrder(page, request)
      await asStaffMember(page, '/staff/orders')
      await expect(page.getByRole('table').getByRole('link').first()).toBeVisible()
    },
  },
  {
    name: 'an order as staff see it',
    open: async (page, _, request) => {
      await asStaffMember(page, `/staff/orders/${await aPaidOrder(page, request)}`)
      await expect(page.getByRole('button', { name: 'Send parcel' })).toBeVisible()
    },
  },
  {
    name: "the staff's discount codes",
    open: async (page, _, request) => {
      await asStaff(request, 'post', '/api/commands/discount-codes', {
        code: `AXE-${crypto.randomUUID().slice(0, 6).toUpperCase()}`,
        discount: { percent: 10 },
        limit: 3,
      })
      await asStaffMember(page, '/staff/codes')
      await expect(page.getByRole('table')).toBeVisible()
    },
  },
  {
    name: 'the audit',
    open: async (page) => {
      await asStaffMember(page, '/staff/audit')
      await expect(page.getByText('Before and after').first()).toBeVisible()
    },
  },
  {
    name: 'what people ask for',
    open: async (page) => {
      await registered(page)
      const title = `A rack for ${unlike()}`
      await askedFor(page, { kind: 'missing_product', title })
      await page.goto('/requests?sort=newest')
      await expect(page.getByRole('list', { name: 'Requests' })).toBeVisible()
    },
  },
  { name: 'requests of which none is found', open: (page) => page.goto('/requests?q=xyzzyqqq') },
  {
    name: 'the form of a request with what is alike',
    open: async (page, thing) => {
      await registered(page)
      await askedFor(page, { kind: 'missing_product', title: `${thing.name} for the left hand` })
      await page.goto('/requests/new')
      await page.getByLabel('What you are looking for').fill(`${thing.name} for left hands`)
      await expect(page.getByRole('heading', { name: 'In the shop' })).toBeVisible()
      await expect(page.getByRole('heading', { name: 'Already requested' })).toBeVisible()
    },
  },
  {
    name: 'the form of a quote of which something is missing',
    open: async (page) => {
      await page.goto('/requests/new?kind=quote')
      await page.getByRole('button', { name: 'Sign in to send' }).click()
      await expect(page.getByRole('group', { name: 'What is not right' })).toBeVisible()
    },
  },
  {
    name: 'a request with comments',
    open: async (page, _, request) => {
      const id = await aRequest(page)
      await page.goto(`/requests/${id}`)
      await page.getByLabel('Your comment').fill('It should fit into a small kitchen.')
      await page.getByRole('button', { name: 'Post comment' }).click()
      await asStaff(request, 'post', `/api/commands/requests/${id}/comments`, { text: 'We ask our makers.' })
      await asStaff(request, 'put', `/api/commands/requests/${id}/stage`, { stage: 'planned' })
      await expect(page.getByText('We ask our makers.')).toBeVisible()
    },
  },
  {
    name: 'a request that was declined, for a guest',
    open: async (page, _, request) => {
      const id = await aRequest(page)
      const reason = { reason: 'Its maker closed the workshop, and nobody else makes it.' }
      await asStaff(request, 'post', `/api/commands/requests/${id}/decline`, reason)
      await page.context().clearCookies()
      await page.goto(`/requests/${id}`)
      await expect(page.getByText(reason.reason)).toBeVisible()
    },
  },
  { name: 'a request that is not there', open: (page) => page.goto(`/requests/${crypto.randomUUID()}`) },
  {
    name: 'a quote that can be accepted',
    open: async (page, thing, request) => {
      const id = await aQuote(page, thing, request)
      await page.goto(`/requests/${id}`)
      await expect(page.getByRole('link', { name: 'Accept and order' })).toBeVisible()
    },
  },
  {
    name: 'the total of an accepted quote',
    open: async (page, thing, request) => {
      await page.goto(`/requests/${await aQuote(page, thing, request)}/accept`)
      await fillDetails(page)
      await page.getByRole('button', { name: 'Continue to delivery' }).click()
      await page.getByRole('button', { name: 'Continue to the total' }).click()
      await expect(page.getByRole('button', { name: /^Order for/ })).toBeVisible()
    },
  },
  {
    name: 'a sold out product that can be waited for',
    open: async (page, _, request) => {
      await asCustomer(page, `/products/${(await soldOut(request, 'A scarf that is sold out')).sku}`)
      await expect(page.getByRole('button', { name: 'Tell me when it’s back' })).toBeVisible()
    },
  },
  {
    name: 'my requests',
    open: async (page) => {
      await aRequest(page)
      await page.goto('/account/requests')
      await expect(page.getByRole('list', { name: 'Your requests' })).toBeVisible()
    },
  },
  { name: 'an empty inbox', open: (page) => asCustomer(page, '/account/inbox') },
  {
    name: 'an inbox with news',
    open: async (page, _, request) => {
      const id = await aRequest(page)
      await asStaff(request, 'put', `/api/commands/requests/${id}/stage`, { stage: 'planned' })
      await asStaff(request, 'post', `/api/commands/requests/${id}/comments`, { text: 'We ask our makers.' })
      await page.goto('/account/inbox')
      await expect(page.getByRole('list', { name: 'Notices' }).getByRole('listitem')).toHaveCount(2)
    },
  },
  {
    name: 'the triage board',
    open: async (page) => {
      await aRequest(page)
      await asStaffMember(page, '/staff/requests')
      await expect(page.getByRole('button', { name: /^Move / }).first()).toBeVisible()
    },
  },
  {
    name: 'a request beside the board',
    open: async (page) => {
      await asStaffMember(page, `/staff/requests/${await aRequest(page)}`)
      await expect(page.getByRole('dialog').getByRole('button', { name: 'Hide it' })).toBeVisible()
    },
  },
  {
    name: 'a quote beside the board',
    open: async (page, thing, request) => {
      await asStaffMember(page, `/staff/requests/${await aQuote(page, thing, request)}`)
      await expect(page.getByRole('dialog').getByRole('button', { name: 'Offer another' })).toBeVisible()
    },
  },
  {
    name: 'declining a request',
    open: async (page) => {
      await asStaffMember(page, `/staff/requests/${await aRequest(page)}`)
      await page
        .getByRole('dialog')
        .getByRole('button', { name: /^Declined/ })
        .click()
      await expect(page.getByRole('dialog', { name: 'Decline this request?' })).toBeVisible()
    },
  },
  {
    name: "the staff's stock",
    open: async (page, thing) => {
      await asStaffMember(page, '/staff/stock')
      await page.getByLabel('SKU').fill(thing.sku)
      await page.getByRole('button', { name: 'Show' }).click()
      await expect(page.getByText('On hand', { exact: true })).toBeVisible()
    },
  },
]

async function asCustomer(page: Page, address: string): Promise<Person> {
  const person = await registered(page)
  await page.goto(address)
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
  return person
}

async function aRequest(page: Page): Promise<string> {
  await registered(page)
  return askedFor(page, {
    kind: 'missing_product',
    title: `A folding drying rack for ${unlike()}`,
    description: 'Of wood, for a wall in a small kitchen, about sixty centimetres wide.',
  })
}

async function aQuote(page: Page, thing: Shown, request: APIRequestContext): Promise<string> {
  await registered(page)
  const id = await askedFor(page, { kind: 'quote', sku: thing.sku, quantity: 12 })
  await quotedByStaff(request, id, 1050, 12)
  return id
}

async function payWith(page: Page, card: string) {
  await toPayment(page)
  await fillCard(page, card)
  await pressPay(page)
}

async function openDrawer(page: Page) {
  await page.goto('/')
  await page.getByRole('banner').getByRole('button', { name: /^Cart/ }).click()
  await expect(page.getByRole('dialog', { name: 'Your cart' })).toBeVisible()
}

for (const colorScheme of ['light', 'dark'] as const) {
  for (const [device, width] of [
    ['phone', 390],
    ['desk', 1280],
  ] as const) {
    for (const { name, open, inCart, only } of places) {
      if (only !== undefined && only !== device) continue
      test(`axe finds nothing on ${name}, ${colorScheme}, ${width} px wide`, async ({ browser, request }) => {
        const context = await browser.newContext({
          colorScheme,
          viewport: { width, height: 844 },
          reducedMotion: 'reduce',
        })
        const page = await context.newPage()
        const [thing] = await thingsToBuy(request, 1)
        if (thing === undefined) throw new Error('the shop is empty')
        if (inCart === true) await putIntoCart(page, thing)
        await open(page, thing, request)
        await expect(page.locator('[aria-busy=true], .skeleton')).toHaveCount(0)
        await page.evaluate(() => document.fonts.ready.then(() => undefined))
        if (process.env.SCREENSHOTS !== undefined) {
          const file = `${name} ${colorScheme} ${width}.png`.replaceAll(/[^a-z0-9.]+/g, '-')
          await page.screenshot({ path: path.join(process.env.SCREENSHOTS, file), fullPage: true })
        }
        // What a scrolled page has under the header that stays is no smaller for it.
        await page.evaluate(() => window.scrollTo(0, 0))
        const { violations } = await new AxeBuilder({ page })
          .withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'])
          .analyze()
        expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.target.join(' '))])).toEqual(
          [],
        )
        await context.close()
      })
    }
  }
}

test('nothing needs a sideways scroll, down to 320 px', async ({ page, request }) => {
  const [thing] = await thingsToBuy(request, 1)
  if (thing === undefined) throw new Error('the shop is empty')
  await page.setViewportSize({ width: 320, height: 640 })
  await putIntoCart(page, thing)
  const addresses = ['/', '/shop', '/shop?q=unicorn', `/products/${thing.sku}`, '/cart', '/nowhere']
  for (const address of [...addresses, '/checkout', '/orders', '/staff']) {
    await page.goto(address)
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
    const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
    expect(wider, address).toBeLessThanOrEqual(0)
  }
})

test('a name that is one long word makes no page wider than a phone', async ({ page, request }) => {
  const word = 'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft'
  const thing = await listedByStaff(request, word, 1450)
  await page.setViewportSize({ width: 320, height: 640 })
  await putIntoCart(page, thing)
  for (const address of [`/products/${thing.sku}`, `/shop?q=${word.slice(0, 20)}`, '/cart', '/checkout']) {
    await page.goto(address)
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
    const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
    expect(wider, address).toBeLessThanOrEqual(0)
  }
})

test('orders, requests and the pages of staff need no sideways scroll, down to 320 px', async ({
  page,
  request,
}) => {
  await page.setViewportSize({ width: 320, height: 640 })
  const order = await aPaidOrder(page, request)
  const wanted = await aRequest(page)
  await asStaffMember(page, '/staff')
  for (const address of [
    `/orders/${order}`,
    '/orders',
    '/staff/orders',
    `/staff/orders/${order}`,
    '/staff/codes',
    '/staff/stock',
    '/staff/requests',
    '/requests',
    '/requests/new',
    `/requests/${wanted}`,
    `/staff/requests/${wanted}`,
  ]) {
    await page.goto(address)
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
    await expect(page.locator('[aria-busy=true], .skeleton')).toHaveCount(0)
    const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
    expect(wider, address).toBeLessThanOrEqual(0)
  }
})

test('on touch nothing that is pressed is smaller than 24 px, and what is pressed often not than 44', async ({
  browser,
  request,
}) => {
  const context = await browser.newContext({ viewport: { width: 390, height: 844 }, hasTouch: true })
  const page = await context.newPage()
  const [thing] = await thingsToBuy(request, 1)
  if (thing === undefined) throw new Error('the shop is empty')
  await putIntoCart(page, thing)
  for (const address of ['/shop', `/products/${thing.sku}`, '/cart']) {
    await page.goto(address)
    await expect(page.locator('[aria-busy=true], .skeleton')).toHaveCount(0)
    const sizes = await page
      .locator('button:visible')
      .evaluateAll((buttons) =>
        buttons
          .filter((button) => button.closest('[inert]') === null)
          .map((button) => ({ text: button.textContent, height: button.getBoundingClientRect().height })),
      )
    expect(sizes.filter(({ height }) => height < 44)).toEqual([])
  }
  await context.close()
})
