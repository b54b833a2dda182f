// Staff and their orders: the token, the list by state, and what is done with one order.
import { screen, waitFor, within } from '@testing-library/react'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { OrderDocument } from '../../api/types'
import { STAFF_TOKEN } from '../../testing/backOffice'
import { eur, ORDER, order, paid, parcel, payment, summary } from '../../testing/orders'
import { problem, server } from '../../testing/shop'
import { createTill, type Till } from '../../testing/till'
import { dialog, press, type, user, visit } from './testing'
import { keptToken } from './token'

beforeAll(async () => {
  server.listen({ onUnhandledRequest: 'error' })
  await import('../../components/ConfirmDialog')
})
afterEach(() => server.resetHandlers())
afterAll(() => server.close())

const other = `${ORDER.slice(0, -1)}b`
const forStaffAlone = (till: Till) => {
  till.instead = ({ token }) =>
    token === `Bearer ${STAFF_TOKEN}` ? undefined : problem(403, 'forbidden', 'This is for staff.')
  return till
}

describe('the token', () => {
  it('is asked for before anything else, kept for this tab, and forgotten when staff leave', async () => {
    const till = forStaffAlone(createTill())
    visit('/staff/orders', till.handlers, { isKnown: false })
    const field = await screen.findByLabelText('Staff token')
    await press('Go on')
    expect(screen.getByRole('group', { name: 'What is missing' })).toHaveFocus()
    expect(till.heard).toEqual([])
    await user.type(field, `${STAFF_TOKEN}{Enter}`)
    expect(await screen.findByText('No orders here at the moment.')).toBeVisible()
    expect(keptToken()).toBe(STAFF_TOKEN)
    await press('Leave')
    expect(screen.getByLabelText('Staff token')).toBeVisible()
    expect(keptToken()).toBeNull()
  })

  it('that is wrong is explained', async () => {
    visit('/staff/orders', forStaffAlone(createTill()).handlers, { isKnown: false })
    await user.type(await screen.findByLabelText('Staff token'), 'wrong{Enter}')
    expect(await screen.findByRole('alert')).toHaveTextContent(
      /not the staff token of this shop.*typing error/,
    )
    expect(keptToken()).toBeNull()
  })

  it('that is not accepted any more has to be typed anew', async () => {
    const till = createTill()
    till.instead = () => problem(403, 'forbidden', 'This is for staff.')
    visit('/staff/orders', till.handlers)
    expect(await screen.findByText(/Your token is not accepted any more/)).toBeVisible()
    expect(keptToken()).toBeNull()
  })

  it('is not said to be wrong when the shop does not answer', async () => {
    const till = createTill()
    till.instead = () => problem(503, 'unavailable', 'Nobody there.')
    visit('/staff/orders', till.handlers, { isKnown: false })
    await user.type(await screen.findByLabelText('Staff token'), `${STAFF_TOKEN}{Enter}`)
    expect(await screen.findByText('The shop did not answer. Please try again.')).toBeVisible()
  })
})

describe('an account of the staff', () => {
  it('comes in without a token, and asks by its session', async () => {
    const till = createTill()
    till.orders = [summary()]
    visit('/staff/orders', till.handlers, { isKnown: false, isStaff: true })
    expect(await screen.findByRole('link', { name: '0000-00AA' })).toBeVisible()
    expect(till.heard.map(({ token }) => token)).toEqual([null])
    expect(screen.queryByRole('button', { name: 'Leave' })).toBeNull()
  })

  it('that lost its role is told so, with both ways in', async () => {
    const till = createTill()
    till.instead = ({ path }) =>
      path.startsWith('/queries/staff') ? problem(403, 'forbidden', 'This is for staff.') : undefined
    visit('/staff/orders', till.handlers, { isKnown: false, isStaff: true })
    expect(await screen.findByText(/Your account may not do this any more/)).toBeVisible()
    expect(screen.getByLabelText('Staff token')).toBeVisible()
  })

  it('is asked for where nobody is known, and comes back to its page', async () => {
    visit('/staff/orders?state=confirmed', createTill().handlers, { isKnown: false })
    expect(await screen.findByRole('link', { name: 'Sign in with your account' })).toHaveAttribute(
      'href',
      '/sign-in?then=%2Fstaff%2Forders%3Fstate%3Dconfirmed',
    )
  })
})

describe('the list', () => {
  it('is of everybody, and by state where the address says so', async () => {
    const till = forStaffAlone(createTill())
    till.orders = [summary()]
    const { router } = visit('/staff/orders', till.handlers)
    expect(await screen.findByRole('link', { name: '0000-00AA' })).toBeVisible()
    await user.click(screen.getByRole('link', { name: 'Returns' }))
    expect(router.state.location.search).toBe('?state=return-requested')
    await waitFor(() =>
      expect(till.heard.at(-1)?.path).toBe('/queries/staff/orders?limit=50&state=return-requested'),
    )
    expect(screen.getByRole('link', { name: 'Returns' })).toHaveAttribute('aria-current', 'page')
  })

  it('is gone through with the arrow keys', async () => {
    const till = createTill()
    till.orders = [summary(), summary({ id: other })]
    const { router } = visit('/staff/orders', till.handlers)
    const first = await screen.findByRole('link', { name: '0000-00AA' })
    first.focus()
    await user.keyboard('{ArrowDown}{ArrowDown}')
    expect(screen.getByRole('link', { name: '0000-00AB' })).toHaveFocus()
    await user.keyboard('{Home}')
    expect(first).toHaveFocus()
    await user.keyboard('{End}{Enter}')
    expect(router.state.location.pathname).toBe(`/staff/orders/${other}`)
  })

  it('says that it is loading, that it is empty, and that it did not load', async () => {
    const till = createTill()
    let answer: 'never' | 'broken' | 'empty' = 'broken'
    till.instead = () => (answer === 'broken' ? problem(500, 'internal', 'No.') : undefined)
    visit('/staff/orders', till.handlers)
    expect(screen.getByText('Loading the orders')).toBeInTheDocument()
    expect(await screen.findByRole('alert')).toHaveTextContent('The orders did not load')
    answer = 'empty'
    await press('Try again')
    expect(await screen.findByText('No orders here at the moment.')).toBeVisible()
  })
})

describe('one order', () => {
  const open = async (document: OrderDocument) => {
    const till = forStaffAlone(createTill())
    till.order = document
    visit(`/staff/orders/${ORDER}`, till.handlers)
    await screen.findByRole('heading', { level: 1, name: 'Order 0000-00AA' })
    return till
  }
  const status = () => screen.getByText(/placed/).closest('p')

  it('has its lines, its address, and what happened', async () => {
    await open(paid())
    expect(status()).toHaveTextContent('Confirmed · Paid · placed')
    expect(screen.getByRole('row', { name: /Morning mug KIT-MUG-STONE 22\.00.€ 2 0 44\.00.€/ })).toBeVisible()
    expect(await screen.findByText('Lindenstraße 12')).toBeVisible()
  })

  it('that nobody knows says so', async () => {
    const till = createTill()
    till.order = null
    visit('/staff/orders/nothing', till.handlers)
    expect(await screen.findByRole('heading', { name: 'There is no such order.' })).toBeVisible()
  })

  it('is sent in parts, after a question', async () => {
    const till = await open(paid())
    await press('Send the parcel')
    expect(screen.getByRole('textbox', { name: 'Carrier' })).toHaveAccessibleDescription(
      'Say who carries it.',
    )
    await type('Morning mug', '3')
    await type('Carrier', 'DHL')
    await press('Send the parcel')
    expect(screen.getByRole('textbox', { name: 'Morning mug' })).toBeInvalid()
    await type('Morning mug', '1')
    await type(/^Tracking number/, '0034')
    await press('Send the parcel')
    const asked = await dialog('Send this parcel?')
    expect(asked.getByText(/1 × Morning mug, with DHL, 0034/)).toBeVisible()
    expect(till.commands(/shipments/)).toEqual([])
    till.order = paid({ version: 3, state: 'partially-shipped', shipments: [parcel()] })
    till.order.lines = till.order.lines.map((line) => ({ ...line, shipped: 1 }))
    await user.click(asked.getByRole('button', { name: 'It is on its way' }))
    await waitFor(() => expect(status()).toHaveTextContent('Partly on its way'))
    expect(till.commands(/shipments/)).toMatchObject([
      {
        path: `/commands/orders/${ORDER}/shipments`,
        body: { carrier: 'DHL', tracking: '0034', lines: [{ sku: 'KIT-MUG-STONE', quantity: 1 }] },
      },
    ])
    expect(till.heard.at(-1)?.path).toContain('min-version=3')
    expect(screen.getByText('of 1 left')).toBeVisible()
    expect(screen.getByRole('textbox', { name: 'Carrier' })).toHaveValue('')
  })

  it('is sent whole without naming its lines', async () => {
    const till = await open(paid())
    await type('Carrier', 'DHL')
    await press('Send the parcel')
    await user.click((await dialog('Send this parcel?')).getByRole('button', { name: 'It is on its way' }))
    await waitFor(() => expect(till.commands(/shipments/)).toHaveLength(1))
    expect(till.commands(/shipments/)[0]?.body).toEqual({ carrier: 'DHL' })
  })

  it('a parcel with nothing in it is not sent', async () => {
    await open(paid())
    await type('Morning mug', '0')
    await type('Carrier', 'DHL')
    await press('Send the parcel')
    expect(screen.getByText('Put at least one thing into the parcel.')).toBeVisible()
  })

  it('somebody else was first: the refusal is shown, and nothing is lost', async () => {
    const till = await open(paid())
    till.instead = ({ path }) =>
      path.endsWith('/shipments')
        ? problem(422, 'shipment-quantity', 'Nothing was changed: 0 of KIT-MUG-STONE are left to send.')
        : undefined
    await type('Carrier', 'DHL')
    await press('Send the parcel')
    const asked = await dialog('Send this parcel?')
    await user.click(asked.getByRole('button', { name: 'It is on its way' }))
    expect(await asked.findByText('0 of KIT-MUG-STONE are left to send.')).toBeVisible()
    await user.click(asked.getByRole('button', { name: 'Not yet' }))
    expect(screen.getByRole('textbox', { name: 'Carrier' })).toHaveValue('DHL')
  })

  it('has arrived when somebody says so twice', async () => {
    const till = await open(paid({ state: 'shipped', shipments: [parcel()] }))
    await press('Mark as delivered , parcel 1')
    await user.click(
      (await dialog('Has this parcel arrived?')).getByRole('button', { name: 'It has arrived' }),
    )
    await waitFor(() =>
      expect(till.commands(/delivery/)).toMatchObject([
        { path: `/commands/orders/${ORDER}/shipments/shipment-1/delivery` },
      ]),
    )
  })

  it('is refunded in part, with a key of its own for each refund', async () => {
    const till = await open(paid())
    await type(/Amount in EUR/, '99')
    await press('Refund a part')
    expect(screen.getByRole('textbox', { name: /Amount/ })).toBeInvalid()
    await type(/Amount in EUR/, '12,50')
    await press('Refund a part')
    const asked = await dialog(/^Refund 12\.50/)
    till.order = paid({ payment_version: 6 })
    till.order.payment.refunds = [{ id: 'r', amount: eur(1250), state: 'requested', reason: null }]
    await user.click(asked.getByRole('button', { name: /^Refund 12\.50/ }))
    await waitFor(() =>
      expect(within(screen.getByRole('region', { name: 'Refunds' })).getByRole('listitem')).toHaveTextContent(
        /12\.50.€ on its way/,
      ),
    )
    expect(till.commands(/refunds/)[0]?.body).toEqual({ amount: eur(1250) })
    expect(till.heard.at(-1)?.path).toContain('min-payment-version=6')
    await press(/^Refund all of 36\.40/)
    await user.click((await dialog(/^Refund 36\.40/)).getByRole('button', { name: /^Refund 36\.40/ }))
    await waitFor(() => expect(till.commands(/refunds/)).toHaveLength(2))
    expect(till.commands(/refunds/)[1]?.body).toEqual({})
    expect(new Set(till.commands(/refunds/).map(({ key }) => key)).size).toBe(2)
  })

  it('a refund that was not answered goes out again under its key', async () => {
    const till = await open(paid())
    let isDeaf = true
    till.instead = ({ path }) =>
      isDeaf && path.endsWith('/refunds')
        ? problem(502, 'unavailable', 'Nobody there.', { 'retry-after': '0' })
        : undefined
    await press(/^Refund all/)
    const asked = await dialog(/^Refund/)
    await user.click(asked.getByRole('button', { name: /^Refund/ }))
    expect(await asked.findByText(/did not answer. Press again: it is done once at most/)).toBeVisible()
    isDeaf = false
    await user.click(asked.getByRole('button', { name: /^Refund/ }))
    await waitFor(() => expect(screen.queryByRole('alertdialog')).toBeNull())
    expect(new Set(till.commands(/refunds/).map(({ key }) => key)).size).toBe(1)
  })

  it('whose customer wants to send it back can be declined', async () => {
    const till = await open(
      paid({ state: 'delivered', return: { state: 'requested', reason: 'not_wanted' } }),
    )
    expect(screen.getByText(/I do not want it after all/)).toBeVisible()
    await press('Decline the return')
    await user.click((await dialog('Decline this return?')).getByRole('button', { name: 'Decline it' }))
    await waitFor(() => expect(till.commands(/return-decline/)).toHaveLength(1))
  })

  it('can be cancelled until it is sent, and not be sent before it is paid', async () => {
    const till = await open(order({ payment: payment('awaiting', 'declined', 'expired_card') }))
    expect(screen.queryByRole('heading', { name: 'Send' })).toBeNull()
    expect(screen.getByText('Declined: It has expired.')).toBeVisible()
    await press('Cancel this order')
    await user.click((await dialog('Cancel this order?')).getByRole('button', { name: 'Cancel the order' }))
    await waitFor(() =>
      expect(till.commands(/cancellation/)).toMatchObject([{ token: `Bearer ${STAFF_TOKEN}` }]),
    )
  })
})
