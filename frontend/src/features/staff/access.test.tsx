// Who is let in, which pages each role opens, and what somebody without a role is told.
import { screen, waitFor } from '@testing-library/react'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { signedIn } from '../../api/session'
import { createBackOffice } from '../../testing/backOffice'
import { summary } from '../../testing/orders'
import { problem, server } from '../../testing/shop'
import { createTill } from '../../testing/till'
import { becomes, pagesShown, press, visit } from './testing'

beforeAll(() => server.listen({ onUnhandledRequest: 'error' }))
afterEach(() => server.resetHandlers())
afterAll(() => server.close())

const refusingTill = () => {
  const till = createTill()
  till.instead = ({ path }) =>
    path.startsWith('/queries/staff') ? problem(403, 'forbidden', 'This is for staff.') : undefined
  return till
}

describe('signing in', () => {
  it('is offered to a guest, and leads back to the page', async () => {
    const till = createTill()
    visit('/staff/orders?state=confirmed', till.handlers, { isGuest: true })
    expect(await screen.findByRole('link', { name: 'Sign in with your account' })).toHaveAttribute(
      'href',
      '/sign-in?then=%2Fstaff%2Forders%3Fstate%3Dconfirmed',
    )
    expect(screen.queryByRole('link', { name: 'Account' })).toBeNull()
    expect(till.heard).toEqual([])
  })

  it('with an account that has no role is explained, with what it takes to get one', async () => {
    const till = createTill()
    visit('/staff/orders', till.handlers, { roles: [] })
    expect(await screen.findByText(/Ask whoever runs the shop for the role/)).toBeVisible()
    expect(screen.queryByText(/dev grant/)).toBeNull()
    expect(screen.getByRole('link', { name: 'second factor' })).toHaveAttribute('href', '/account/security')
    expect(screen.getByRole('link', { name: 'Account' })).toHaveAttribute('href', '/account')
    expect(till.heard).toEqual([])
  })

  it.each(['staff', 'analyst', 'ops'])(
    'with the role %s and without a second factor leads to where one is set up',
    async (role) => {
      const till = createTill()
      visit('/staff/orders', till.handlers, { roles: [], withheld: [role] })
      expect(await screen.findByRole('link', { name: 'Set up a second factor' })).toHaveAttribute(
        'href',
        '/account/security',
      )
      expect(till.heard).toEqual([])
    },
  )

  it('is asked for anew when the shop refuses what it allowed before', async () => {
    visit('/staff/orders', refusingTill().handlers)
    expect(await screen.findByText(/Your account may not do this any more/)).toBeVisible()
    expect(screen.queryByRole('navigation', { name: 'Staff' })).toBeNull()
  })

  it.each([
    ['the session ended', null],
    ['the role was taken away', []],
  ])('is asked for with the reason when %s, on a page that asks the shop for nothing', async (_, roles) => {
    visit('/staff/stock', createTill().handlers)
    expect(await screen.findByRole('heading', { name: 'Stock' })).toBeVisible()
    await becomes(roles)
    expect(await screen.findByText(/may not do this any more. Nothing was changed/)).toBeVisible()
    expect(screen.queryByRole('heading', { name: 'Stock' })).toBeNull()
    expect(screen.queryByRole('navigation', { name: 'Staff' })).toBeNull()
  })

  it('is not asked for when the session is known again after a restart', async () => {
    const till = createTill()
    till.orders = [summary()]
    let isKnown = false
    till.instead = ({ path }) => {
      if (isKnown || !path.startsWith('/queries/staff')) return undefined
      isKnown = true
      return problem(401, 'no-session', 'Nobody is known by this session.')
    }
    visit('/staff/orders', till.handlers)
    expect(await screen.findByRole('link', { name: '0000-00AA' })).toBeVisible()
    expect(screen.queryByText(/Your account may not do this any more/)).toBeNull()
  })

  it('in another tab opens the pages here as well', async () => {
    const till = refusingTill()
    visit('/staff/orders', till.handlers)
    await screen.findByText(/Your account may not do this any more/)
    till.instead = () => undefined
    signedIn({ owner: 'b', account: { id: 'b', roles: ['shopper', 'staff'], withheld_roles: [] } }, null)
    expect(await screen.findByText('No orders here at the moment.')).toBeVisible()
  })

  it('is not asked for while the shop does not answer', async () => {
    const till = createTill()
    let isDown = true
    visit('/staff/orders', till.handlers, { isDown: () => isDown })
    expect(await screen.findByRole('alert')).toHaveTextContent('The shop did not answer')
    isDown = false
    await press('Try again')
    expect(await screen.findByText('No orders here at the moment.')).toBeVisible()
  })
})

describe('the pages', () => {
  it.each([
    [['staff'], ['Orders', 'Requests', 'Codes', 'Stock']],
    [['analyst'], ['Orders', 'Codes', 'Stock']],
    [
      ['staff', 'ops'],
      ['Orders', 'Requests', 'Codes', 'Stock', 'Audit'],
    ],
    [
      ['analyst', 'ops'],
      ['Orders', 'Codes', 'Stock', 'Audit'],
    ],
  ])('of the roles %j are %j', async (roles, pages) => {
    const till = createTill()
    till.orders = [summary()]
    visit('/staff/orders', till.handlers, { roles })
    expect(await screen.findByRole('link', { name: '0000-00AA' })).toBeVisible()
    expect(pagesShown()).toEqual(pages)
    expect(screen.getByRole('link', { name: 'Account' })).toHaveAttribute('href', '/account')
  })

  it.each([
    [
      '/staff/audit',
      ['staff', 'analyst'],
      'This page is for ops; your account has: staff, analyst.',
      'Orders',
    ],
    [
      '/staff/requests/a-request',
      ['analyst'],
      'This page is for staff; your account has: analyst.',
      'Orders',
    ],
    ['/STAFF/orders', ['ops'], 'This page is for staff and analyst; your account has: ops.', 'Audit'],
  ])('at %s the roles %j are told whose page it is', async (address, roles, said, own) => {
    const till = createTill()
    const { router } = visit(address, till.handlers, { roles })
    expect(await screen.findByText(said)).toBeVisible()
    expect(router.state.location.pathname).toBe(address)
    expect(screen.getByRole('link', { name: `Go to ${own}` })).toBeVisible()
    expect(till.heard).toEqual([])
  })

  it('that lost the role of the page that is open say so in its place', async () => {
    visit('/staff/codes', createBackOffice().handlers, { roles: ['ops', 'analyst'] })
    expect(await screen.findByRole('heading', { name: 'Discount codes' })).toBeVisible()
    await becomes(['ops'])
    expect(
      await screen.findByText('This page is for staff and analyst; your account has: ops.'),
    ).toBeVisible()
  })

  it.each([
    [['ops'], '/staff/audit'],
    [['analyst', 'ops'], '/staff/orders'],
  ])('of %j begin at %s', async (roles, first) => {
    const { router } = visit('/staff', createTill().handlers, { roles })
    await waitFor(() => expect(router.state.location.pathname).toBe(first))
  })

  it('an address that names none of them says so, with the way to them', async () => {
    visit('/staff/nothing', createTill().handlers)
    expect(await screen.findByRole('heading', { name: 'There is no such page.' })).toBeVisible()
    expect(screen.getByRole('link', { name: 'Go to the first of them' })).toHaveAttribute('href', '/staff')
    expect(pagesShown()).toEqual(['Orders', 'Requests', 'Codes', 'Stock'])
  })
})
