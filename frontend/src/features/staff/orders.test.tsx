// Staff and their orders: the list by state, and what is done with one order.
import { fireEvent, screen, waitFor, within } from '@testing-library/react'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import type { OrderDocument } from '../../api/types'
import { eur, ORDER, order, paid, parcel, payment, summary } from '../../testing/orders'
import { problem, server } from '../../testing/shop'
import { createTill } from '../../testing/till'
import { dialog, press, type, user, visit, willBe } from './testing'
import { everyEventInWords } from './words'

beforeAll(async () => {
  server.listen({ onUnhandledRequest: 'error' })
  await import('../../components/ConfirmDialog')
})
afterEach(() => {
  server.resetHandlers()
  localStorage.clear()
})
afterAll(() => server.close())

const other = `${ORDER.slice(0, -1)}b`
describe('the list', () => {
  it('is of everybody, and by state where the address says so', async () => {
    const till = createTill()
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
    expect(await screen.findByText('Loading the orders')).toBeInTheDocument()
    expect(await screen.findByRole('alert')).toHaveTextContent('The orders did not load')
    answer = 'empty'
    await press('Try again')
    expect(await screen.findByText('No orders here at the moment.')).toBeVisible()
  })
})

describe('one order', () => {
  const open = async (document: OrderDocument) => {
    const till = createTill()
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

  it.each([404, 401])(
    'whose reader lost the role, of which an answer %i is the word, says so',
    async (status) => {
      const till = await open(paid())
      await type('Carrier', 'DHL')
      const seen: string[] = []
      const watch = new MutationObserver(() => seen.push(document.body.textContent))
      watch.observe(document.body, { childList: true, subtree: true, characterData: true })
      till.instead = ({ path }) =>
        path.startsWith('/queries/orders') ? problem(status, 'no', 'Not for whoever asks.') : undefined
      willBe(null)
      // Whoever comes back to the tab asks for the order anew.
      window.dispatchEvent(new Event('visibilitychange'))
      expect(await screen.findByText(/may not do this any more. Nothing was changed/)).toBeVisible()
      expect(screen.queryByRole('navigation', { name: 'Staff' })).toBeNull()
      watch.disconnect()
      expect(seen.filter((text) => text.includes('There is no such order'))).toEqual([])
    },
  )

  it('goes somewhere until it is sent, by what its option is called', async () => {
    const read = (document: OrderDocument) => {
      const till = createTill()
      till.order = document
      return visit(`/staff/orders/${ORDER}`, till.handlers, { roles: ['analyst'] })
    }
    const { unmount } = read(paid())
    expect(await screen.findByText('Ship to')).toBeVisible()
    expect(screen.getByText('Standard')).toBeVisible()
    unmount()
    read(paid({ state: 'shipped', shipments: [parcel()] }))
    expect(await screen.findByText('Shipped to')).toBeVisible()
  })

  /** As if the tab was closed: what waits is sent. */
  const leave = () => fireEvent(window, new Event('pagehide'))
  const done = () => screen.getByRole('region', { name: 'Done just now' })

  it('is sent in parts without a question', async () => {
    const till = await open(paid())
    await press('Send parcel')
    expect(screen.getByRole('textbox', { name: 'Carrier' })).toHaveAccessibleDescription(
      'Enter the carrier, such as DHL.',
    )
    await type('Morning mug', '3')
    await type('Carrier', 'DHL')
    await press('Send parcel')
    expect(screen.getByRole('textbox', { name: 'Morning mug' })).toBeInvalid()
    await type('Morning mug', '1')
    await type(/^Tracking number/, '0034')
    await press('Send parcel')
    expect(done()).toHaveTextContent('Parcel with DHL 0034 of order 0000-00AA sent')
    expect(screen.getByRole('region', { name: 'Parcels' })).toHaveTextContent(
      'DHL 0034 · sent just now1 × Morning mug',
    )
    expect(screen.getByText('of 1 left')).toBeVisible()
    expect(screen.getByRole('textbox', { name: 'Carrier' })).toHaveValue('')
    expect(till.commands(/shipments/)).toEqual([])
    till.order = paid({ version: 3, state: 'partially-shipped', shipments: [parcel()] })
    till.order.lines = till.order.lines.map((line) => ({ ...line, shipped: 1 }))
    leave()
    await waitFor(() => expect(status()).toHaveTextContent('Partly on its way'))
    expect(till.commands(/shipments/)).toMatchObject([
      {
        path: `/commands/orders/${ORDER}/shipments`,
        body: { carrier: 'DHL', tracking: '0034', lines: [{ sku: 'KIT-MUG-STONE', quantity: 1 }] },
      },
    ])
    await waitFor(() => expect(within(done()).queryByText(/sent$/)).toBeNull())
    expect(screen.getByText('of 1 left')).toBeVisible()
    expect(within(screen.getByRole('region', { name: 'Parcels' })).getAllByRole('listitem')).toHaveLength(1)
  })

  it('is sent whole by its lines: what is left may be something else by the time', async () => {
    const till = await open(paid())
    await type('Carrier', 'DHL')
    await press('Send parcel')
    expect(screen.queryByRole('button', { name: 'Send parcel' })).toBeNull()
    leave()
    await waitFor(() => expect(till.commands(/shipments/)).toHaveLength(1))
    expect(till.commands(/shipments/)[0]?.body).toEqual({
      carrier: 'DHL',
      lines: [{ sku: 'KIT-MUG-STONE', quantity: 2 }],
    })
  })

  it('is not sent after “Undo”, and what was typed is there again', async () => {
    const till = await open(paid())
    await type('Morning mug', '1')
    await type('Carrier', 'DHL')
    await type(/^Tracking number/, '0034')
    await press('Send parcel')
    await press(/^Undo/)
    expect(screen.getByRole('textbox', { name: 'Carrier' })).toHaveValue('DHL')
    expect(screen.getByRole('textbox', { name: /^Tracking number/ })).toHaveValue('0034')
    expect(screen.getByRole('textbox', { name: 'Morning mug' })).toHaveValue('1')
    expect(screen.queryByRole('region', { name: 'Parcels' })).toBeNull()
    leave()
    expect(till.commands(/shipments/)).toEqual([])
  })

  it('a parcel with nothing in it is not sent', async () => {
    await open(paid())
    await type('Morning mug', '0')
    await type('Carrier', 'DHL')
    await press('Send parcel')
    expect(screen.getByText('Put at least one item into the parcel.')).toBeVisible()
  })

  it('somebody else was first: the refusal is shown, and nothing is lost', async () => {
    const till = await open(paid())
    till.instead = ({ path }) =>
      path.endsWith('/shipments')
        ? problem(422, 'shipment-quantity', 'Nothing was changed: 0 of KIT-MUG-STONE are left to send.')
        : undefined
    await type('Carrier', 'DHL')
    await press('Send parcel')
    leave()
    expect(await screen.findByText(/not done. 0 of KIT-MUG-STONE are left to send\./)).toBeVisible()
    expect(screen.getByRole('textbox', { name: 'Carrier' })).toHaveValue('DHL')
    await press(/^Dismiss/)
    expect(done()).toHaveTextContent('')
  })

  it('has arrived when somebody says so, until they take it back', async () => {
    const till = await open(paid({ state: 'shipped', shipments: [parcel()] }))
    const parcels = screen.getByRole('region', { name: 'Parcels' })
    await press('Mark as delivered , parcel 1')
    expect(parcels).toHaveTextContent('Delivered')
    await press(/^Undo/)
    expect(parcels).not.toHaveTextContent('Delivered')
    await press('Mark as delivered , parcel 1')
    // The tab is hidden: perhaps it never comes back.
    vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden')
    fireEvent(document, new Event('visibilitychange'))
    vi.restoreAllMocks()
    await waitFor(() =>
      expect(till.commands(/delivery/)).toMatchObject([
        { path: `/commands/orders/${ORDER}/shipments/shipment-1/delivery` },
      ]),
    )
  })

  it('is sent when staff go to the shop', async () => {
    const till = createTill()
    till.order = paid()
    const { unmount } = visit(`/staff/orders/${ORDER}`, till.handlers)
    await screen.findByRole('heading', { level: 1, name: 'Order 0000-00AA' })
    await type('Carrier', 'DHL')
    await press('Send parcel')
    unmount()
    await waitFor(() => expect(till.commands(/shipments/)).toHaveLength(1))
  })

  it('has a mail to its customer, and a packing slip without prices', async () => {
    await open(paid())
    expect(await screen.findByRole('link', { name: 'ada@example.org' })).toHaveAttribute(
      'href',
      'mailto:ada@example.org?subject=Order%200000-00AA',
    )
    await user.click(screen.getByRole('link', { name: 'Packing slip' }))
    expect(await screen.findByRole('row', { name: '2 Morning mug KIT-MUG-STONE' })).toBeVisible()
    expect(screen.getByText('Lindenstraße 12')).toBeVisible()
    expect(screen.getByText(/Order 0000-00AA/)).toHaveTextContent('Standard')
    expect(document.body).not.toHaveTextContent('€')
    const print = vi.spyOn(window, 'print').mockImplementation(() => {})
    await press('Print')
    expect(print).toHaveBeenCalledOnce()
    vi.restoreAllMocks()
  })

  it('is refunded in part, with a key of its own for each refund', async () => {
    const till = await open(paid())
    await type(/Amount in EUR/, '99')
    await press('Partial refund')
    expect(screen.getByRole('textbox', { name: /Amount/ })).toBeInvalid()
    await type(/Amount in EUR/, '12,50')
    await press('Partial refund')
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

  it('whose money was given back is not sent', async () => {
    const till = createTill()
    const refunds = [{ id: 'refund-1', amount: eur(4890), state: 'requested' as const, reason: null }]
    till.order = paid({ payment: { ...payment('paid', 'captured'), refunds } })
    visit(`/staff/orders/${ORDER}`, till.handlers)
    expect(await screen.findByText('All of the money was given back, so nothing more is sent.')).toBeVisible()
    expect(screen.queryByRole('button', { name: 'Send parcel' })).toBeNull()
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
    expect(screen.getByText(/I changed my mind/)).toBeVisible()
    await press('Decline the return')
    await user.click((await dialog('Decline this return?')).getByRole('button', { name: 'Decline it' }))
    await waitFor(() => expect(till.commands(/return-decline/)).toHaveLength(1))
  })

  it('can be cancelled until it is sent, and not be sent before it is paid', async () => {
    const till = await open(order({ payment: payment('awaiting', 'declined', 'expired_card') }))
    expect(screen.queryByRole('heading', { name: 'Send' })).toBeNull()
    expect(screen.getByText('Declined: The card has expired.')).toBeVisible()
    await press('Cancel this order')
    await user.click((await dialog('Cancel this order?')).getByRole('button', { name: 'Cancel the order' }))
    await waitFor(() => expect(till.commands(/cancellation/)).toHaveLength(1))
  })
})

describe('what happened', () => {
  // By the names of their schemas, so that a new kind of event is found here.
  const kinds = Object.keys(import.meta.glob('../../../../domain/schemas/{order,payment}.*.json')).map(
    (path) => path.split('.').at(-3) ?? '',
  )

  it('is known by its schemas', () => expect(kinds).toContain('OrderTakenOver'))

  it.each(kinds)('has words for %s', (kind) => expect(everyEventInWords(kind)).not.toBe(kind))
})

describe('an analyst', () => {
  const read = async (document: OrderDocument) => {
    const till = createTill()
    till.order = document
    visit(`/staff/orders/${ORDER}`, till.handlers, { roles: ['analyst'] })
    await screen.findByRole('heading', { level: 1, name: 'Order 0000-00AA' })
    return till
  }
  const refunds = [{ id: 'r', amount: eur(1250), state: 'refunded' as const, reason: null }]

  it('lists the orders of everybody', async () => {
    const till = createTill()
    till.orders = [summary()]
    visit('/staff/orders', till.handlers, { roles: ['analyst'] })
    expect(await screen.findByRole('link', { name: '0000-00AA' })).toBeVisible()
  })

  it.each([
    ['that waits for its payment', order()],
    ['that is paid', paid()],
    [
      'that was sent, refunded in part and is asked to be returned',
      paid({
        state: 'delivered',
        shipments: [parcel()],
        return: { state: 'requested', reason: 'not_wanted' },
        payment: { ...payment('partially-refunded', 'captured'), refunds },
      }),
    ],
  ])('reads an order %s, and finds nothing that changes it', async (_, document) => {
    await read(document)
    expect(screen.getByRole('row', { name: /Morning mug/ })).toBeVisible()
    expect(screen.queryByRole('button')).toBeNull()
    expect(screen.queryByRole('textbox')).toBeNull()
  })

  it('reads parcels, refunds and the country, and no address is asked for', async () => {
    const till = await read(
      paid({
        state: 'shipped',
        shipments: [parcel()],
        payment: { ...payment('partially-refunded', 'captured'), refunds },
      }),
    )
    expect(screen.getByText(/00340434161094/)).toBeVisible()
    expect(screen.getByRole('region', { name: 'Refunds' })).toHaveTextContent(/12\.50.€ refunded/)
    expect(screen.getByText(/Germany/)).toBeVisible()
    expect(screen.queryByText('Lindenstraße 12')).toBeNull()
    expect(till.heard.filter(({ path }) => path.endsWith('/contact'))).toEqual([])
  })
})
