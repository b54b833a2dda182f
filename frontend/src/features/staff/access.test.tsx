// Who is let in, which pages each role opens, and what somebody without a role is told.
import { screen, waitFor } from '@testing-library/react'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { signedIn } from '../../api/session'
import { summary } from '../../testing/orders'
import { problem, server } from '../../testing/shop'
import { createTill } from '../../testing/till'
import { elsewhere } from './pages'
import { pagesShown, press, visit } from './testing'

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

  it('with an account that has no role is explained, with what the operator does', async () => {
    const till = createTill()
    visit('/staff/orders', till.handlers, { roles: [] })
    expect(await screen.findByText('./dev grant EMAIL staff')).toBeVisible()
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

  it('an address of another role leads to the first page of one’s own', async () => {
    const { router } = visit('/staff/audit', createTill().handlers, { roles: ['analyst'] })
    await waitFor(() => expect(router.state.location.pathname).toBe('/staff/orders'))
    expect(await screen.findByText('No orders here at the moment.')).toBeVisible()
  })

  it.each([
    ['/staff/orders', ['ops'], '/staff/audit'],
    ['/staff/orders/an-order', ['ops'], '/staff/audit'],
    ['/staff/requests/a-request', ['analyst'], '/staff/orders'],
    ['/STAFF/Audit', ['staff'], '/staff/orders'],
    ['/staff/stock', ['analyst'], null],
    ['/staff/audit', ['analyst', 'ops'], null],
    ['/staff/nothing', ['ops'], null],
    ['/staff/orders', [], null],
  ])('from %s the roles %j are led to %s', (address, roles, page) =>
    expect(elsewhere(address, roles)).toBe(page),
  )
})
