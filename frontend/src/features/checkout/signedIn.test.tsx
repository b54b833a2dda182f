// The details of a checkout for whoever has an account, and what is offered to whoever has none at hand.
import { screen, waitFor } from '@testing-library/react'
import { HttpResponse } from 'msw'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { onSessionChange, signedIn } from '../../api/session'
import { ADA, GUEST, home } from '../../testing/accounts'
import { problem, server } from '../../testing/shop'
import { createTill } from '../../testing/till'
import type { Shopper } from './shopper'
import { fillCard, pay, press, user, visit } from './testing'

beforeAll(() => server.listen({ onUnhandledRequest: 'error' }))
afterEach(() => server.resetHandlers())
afterAll(() => server.close())

const work = {
  ...home,
  id: 'work',
  line1: '3 rue du Port',
  city: 'Marseille',
  postal_code: '13001',
  country: 'FR',
}
const abroad = { ...home, id: 'abroad', name: 'Grace Hopper', city: 'New York', country: 'US' }
const ada: Shopper = { kind: 'account', email: 'ada@example.org', addresses: [home, work, abroad] }
const open = (shopper: Shopper) => visit(createTill(), {}, '/checkout/details', shopper)

const book = () => screen.findByRole('combobox', { name: 'From your address book' })
const street = () => screen.getByRole('textbox', { name: 'Street and number' })

it('a guest is offered to sign in, and to come back', async () => {
  open({ kind: 'guest' })
  const link = await screen.findByRole('link', { name: 'Sign in' })
  expect(link).toHaveAttribute('href', '/sign-in?then=%2Fcheckout%2Fdetails')
  expect(screen.queryByRole('combobox', { name: 'From your address book' })).toBeNull()
})

it('nothing can be typed while it is asked what is about to be filled in', async () => {
  open({ kind: 'waiting' })
  expect(await screen.findByText('Loading the checkout')).toBeInTheDocument()
})

it('the address of the account and the newest of the book are there already', async () => {
  const { router } = open(ada)
  expect(await book()).toHaveDisplayValue('Ada Lovelace, Lindenstraße 12, Berlin')
  expect(screen.getByRole('textbox', { name: 'E-mail' })).toHaveValue('ada@example.org')
  expect(street()).toHaveValue('Lindenstraße 12')
  expect(screen.queryByRole('link', { name: 'Sign in' })).toBeNull()
  await press('Continue to delivery')
  await waitFor(() => expect(router.state.location.pathname).toBe('/checkout/delivery'))
})

it('another one is chosen with its country, and what it comes to is asked for that', async () => {
  const till = createTill()
  visit(till, {}, '/checkout/details', ada)
  await user.selectOptions(await book(), 'Ada Lovelace, 3 rue du Port, Marseille')
  expect(street()).toHaveValue('3 rue du Port')
  expect(screen.getByRole('combobox', { name: 'Country' })).toHaveValue('FR')
  await waitFor(() => expect(till.commands(/quote/).at(-1)?.body).toEqual({ country: 'FR' }))
})

it('what the shop does not send to is not offered', async () => {
  open(ada)
  await book()
  expect(screen.queryByRole('option', { name: /Grace Hopper/ })).toBeNull()
})

it('one that is typed differently is another one', async () => {
  open(ada)
  await book()
  await user.type(street(), 'a')
  expect(await book()).toHaveDisplayValue('Another address')
  await user.selectOptions(await book(), 'Ada Lovelace, Lindenstraße 12, Berlin')
  await user.selectOptions(await book(), 'Another address')
  expect(street()).toHaveValue('')
  expect(screen.getByRole('textbox', { name: 'E-mail' })).toHaveValue('ada@example.org')
})

it('what was typed as a guest stays after signing in', async () => {
  const { unmount } = open({ kind: 'guest' })
  await user.type(await screen.findByRole('textbox', { name: 'Street and number' }), 'Elsewhere 1')
  unmount()
  open(ada)
  await book()
  expect(street()).toHaveValue('Elsewhere 1')
  expect(screen.getByRole('textbox', { name: 'E-mail' })).toHaveValue('ada@example.org')
})

it('an account without an address book fills in its e-mail address', async () => {
  open({ ...ada, addresses: [] })
  expect(await screen.findByRole('textbox', { name: 'E-mail' })).toHaveValue('ada@example.org')
  expect(street()).toHaveValue('')
})

describe('signed out in the middle', () => {
  const nothing = { id: null, version: 0, isEmpty: true }
  const signedOut = () => screen.findByText('You are signed out. Sign in to continue.')
  const requests: string[] = []
  const listen = ({ request }: { request: Request }) => requests.push(new URL(request.url).pathname)
  beforeEach(() => {
    requests.length = 0
    server.events.on('request:start', listen)
  })
  afterEach(() => server.events.removeAllListeners())

  it('says so in place of an empty cart, and leads back to the step', async () => {
    const page = open(ada)
    await book()
    page.become({ kind: 'waiting' })
    page.change(nothing)
    page.become({ kind: 'guest' })
    expect(await signedOut()).toBeVisible()
    expect(screen.queryByText('Your cart is empty.')).toBeNull()
    expect(screen.getByRole('link', { name: 'Sign in' })).toHaveAttribute(
      'href',
      '/sign-in?then=%2Fcheckout%2Fdetails',
    )
  })

  it('by pressing Pay: the order is sent once, and nothing is asked of a cart that there is not', async () => {
    signedIn({ owner: ADA, account: { id: ADA, roles: ['shopper'], withheld_roles: [] } }, null)
    const till = createTill()
    const page = visit(till, {}, '/checkout/details', ada)
    // What the cart and the account make of a guest's session.
    const stop = onSessionChange(() => {
      page.change(nothing)
      page.become({ kind: 'guest' })
    })
    await book()
    await press('Continue to delivery')
    await user.click(await screen.findByRole('button', { name: 'Continue to payment' }))
    await screen.findByRole('textbox', { name: 'Card number' })
    await fillCard('4242 4242 4242 4242')
    till.instead = ({ path }) => {
      if (path.endsWith('/checkout')) return problem(401, 'no-session', 'Nobody is known by this session.')
      return path === '/commands/session' ? HttpResponse.json({ owner: GUEST, account: null }) : undefined
    }
    await press(pay('48.90'))
    expect(await screen.findByRole('link', { name: 'Sign in and pay' })).toHaveAttribute(
      'href',
      '/sign-in?then=%2Fcheckout%2Fpayment',
    )
    expect(till.commands(/\/checkout$/)).toHaveLength(1)
    expect(requests.filter((path) => path.includes('//'))).toEqual([])
    stop()
  })
})
