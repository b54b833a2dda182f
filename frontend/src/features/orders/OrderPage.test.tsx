// The states of an order's page, and what can be done in each.
import { act, screen, waitFor, within } from '@testing-library/react'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { forgetKeys } from '../../api/orderKey'
import { KEY, ORDER, eur, order, paid, parcel, payment } from '../../testing/orders'
import { TestEventSource } from '../../testing/live'
import { problem, server } from '../../testing/shop'
import { createTill } from '../../testing/till'
import { press, title, titled, user, visit } from './testing'

beforeAll(async () => {
  server.listen({ onUnhandledRequest: 'error' })
  await import('../../components/ConfirmDialog')
})
beforeEach(() => vi.stubGlobal('EventSource', TestEventSource))
afterEach(() => {
  server.resetHandlers()
  TestEventSource.open = []
  forgetKeys()
})
afterAll(() => server.close())

const declined = (reason: string) => order({ payment: payment('awaiting', 'declined', reason) })
const atBank = () => order({ payment: payment('action-required', 'action-required') })

describe('an order that is looked for', () => {
  it('has its places kept until it is there', async () => {
    const till = createTill()
    till.instead = ({ path }) => (path.startsWith('/queries/orders') ? new Promise(() => {}) : undefined)
    visit(till)
    expect(await screen.findByText('Loading your order')).toBeInTheDocument()
  })

  it('and is not there, or not for whoever asks, says so', async () => {
    const till = createTill()
    till.order = null
    visit(till)
    expect(await titled('There is no such order here.')).toBeVisible()
    expect(screen.getByRole('link', { name: 'See your orders' })).toHaveAttribute('href', '/orders')
  })

  it('and cannot be shown is asked for again', async () => {
    const till = createTill()
    let isDown = true
    till.instead = ({ path }) =>
      isDown && path.startsWith('/queries/orders') ? problem(500, 'internal', 'No.') : undefined
    visit(till)
    expect(await screen.findByRole('alert')).toHaveTextContent('Your order did not load')
    isDown = false
    await press('Try again')
    expect(await titled('Your order waits for its payment')).toBeVisible()
  })

  it('opens by the key of its link', async () => {
    const till = createTill()
    visit(till)
    await title()
    expect(await screen.findByText('Ada Lovelace')).toBeInTheDocument()
    // Products are asked for beside it, and are everybody's.
    const ofOrders = till.heard.filter(({ path }) => path.includes('/orders/'))
    expect(ofOrders.map(({ orderKey }) => orderKey)).toEqual([KEY, KEY])
    expect(TestEventSource.open[0]?.url).toBe(`/api/queries/orders/${ORDER}/live`)
    expect(JSON.stringify(till.heard.map(({ path }) => path))).not.toContain(KEY)
  })

  it('whose link is one of before keeps working, and its key leaves the query string', async () => {
    const till = createTill()
    const { router } = visit(till, { address: `/orders/${ORDER}?returned=1&key=${KEY}` })
    await title()
    const { pathname, search, hash } = router.state.location
    expect(`${pathname}${search}${hash}`).toBe(`/orders/${ORDER}?returned=1#key=${KEY}`)
    expect(till.heard[0]?.orderKey).toBe(KEY)
  })

  it('keeps nothing in its address of what Stripe adds on the way back', async () => {
    const added = 'payment_intent=pi_1&payment_intent_client_secret=pi_1_secret_2&redirect_status=succeeded'
    for (const fragment of [`#key=${KEY}`, '']) {
      const { router, unmount } = visit(createTill(), {
        address: `/orders/${ORDER}?returned=1&${added}${fragment}`,
      })
      await title()
      const { search } = router.state.location
      expect(search).toBe('?returned=1')
      unmount()
    }
  })

  it('is opened again after a way that left the key out, as signing in does, but not for whoever comes next', async () => {
    const { unmount } = visit(createTill())
    await title()
    unmount()
    const till = createTill()
    const again = visit(till, { address: `/orders/${ORDER}` })
    await title()
    expect(till.heard[0]?.orderKey).toBe(KEY)
    expect(again.router.state.location.hash).toBe(`#key=${KEY}`)
    again.unmount()
    forgetKeys()
    const next = createTill()
    visit(next, { address: `/orders/${ORDER}` })
    await title()
    expect(next.heard[0]?.orderKey).toBeNull()
  })
})

/** Said before and after the order is there, by another element each time. */
const isChecking = () =>
  waitFor(() =>
    expect(screen.getByRole('heading', { level: 1, name: 'We are checking your payment' })).toBeVisible(),
  )

describe('between Pay and the result', () => {
  for (const [what, how] of [
    ['of Pay', { state: { version: 1, paymentVersion: 2, justPaid: true } }],
    ['from the bank', { address: `/orders/${ORDER}?returned=1#key=${KEY}` }],
  ] as const) {
    it(`coming ${what}, it is said what happens before anything of the order is there`, async () => {
      const till = createTill()
      let answer = () => {}
      const asked = new Promise<void>((resolve) => (answer = resolve))
      till.instead = async ({ path }) => {
        if (path.startsWith('/queries/orders')) await asked
        return undefined as unknown as Response
      }
      visit(till, how)
      await isChecking()
      expect(screen.queryByText('Loading your order')).toBeNull()
      till.order = order({ payment_version: 2, payment: payment('checking', 'started') })
      answer()
      expect(await screen.findByText('Morning mug')).toBeInTheDocument()
      await isChecking()
    })
  }
})

describe('an order that is not paid', () => {
  it('offers to pay', async () => {
    visit(createTill())
    expect(await titled('Your order waits for its payment')).toBeVisible()
    expect(screen.getByRole('button', { name: 'Pay here' })).toBeVisible()
  })

  it('whose card was declined says why, what is safe, and offers another card', async () => {
    const till = createTill()
    till.order = declined('insufficient_funds')
    visit(till)
    expect(await titled('Your card was declined')).toBeVisible()
    expect(
      screen.getByText(
        /There is not enough money on the card.*You have not been charged.*are reserved; try another card/,
      ),
    ).toBeVisible()
    expect(screen.getByRole('button', { name: 'Pay here' })).toBeVisible()
  })

  it('is being checked after Pay, also before the view has heard of it, and then confirmed by itself', async () => {
    const till = createTill()
    visit(till, { state: { version: 1, paymentVersion: 2, justPaid: true } })
    await isChecking()
    expect(till.heard[0]?.path).toContain('min-version=1&min-payment-version=2')
    act(() =>
      TestEventSource.say('order', order({ payment_version: 2, payment: payment('checking', 'started') })),
    )
    await isChecking()
    act(() => TestEventSource.say('order', paid()))
    expect(await titled('Thank you, your order is confirmed')).toBeVisible()
    // What is older changes nothing.
    act(() => TestEventSource.say('order', order()))
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(await titled('Thank you, your order is confirmed')).toBeVisible()
  })

  it('shows the new attempt at once when it is paid from here', async () => {
    const till = createTill()
    const { router } = visit(till, { address: `/orders/${ORDER}?returned=1#key=${KEY}` })
    await screen.findByRole('button', { name: 'Pay here' })
    till.order = order({ payment_version: 7, payment: payment('checking', 'started') })
    await press('Pay here')
    await isChecking()
    expect(router.state.location.search).not.toContain('returned')
    await waitFor(() => expect(till.heard.at(-1)?.path).toContain('min-payment-version=7'))
  })
})

describe('the bank', () => {
  it('is where the shopper goes by itself right after Pay, once for each attempt', async () => {
    const till = createTill()
    till.order = atBank()
    till.actionUrl = 'http://shop.example/sandbox/3-d-secure/ch_1#return=x'
    const { router, unmount } = visit(till, { state: { justPaid: true } })
    expect(await screen.findByText('The bank')).toBeVisible()
    expect(router.state.location.pathname).toBe('/sandbox/3-d-secure/ch_1')
    unmount()
    // Back by the Back button: nobody is sent there again without asking.
    const again = visit(till, { state: { justPaid: true } })
    expect(await titled('Your bank asks for a confirmation')).toBeVisible()
    await press('Confirm with your bank')
    expect(await screen.findByText('The bank')).toBeVisible()
    expect(again.router.state.location.pathname).toBe('/sandbox/3-d-secure/ch_1')
  })

  it('is offered, and not opened, when the link is opened later', async () => {
    const till = createTill()
    till.order = atBank()
    visit(till)
    expect(await titled('Your bank asks for a confirmation')).toBeVisible()
    expect(till.heard.some(({ path }) => path.includes('payment-action'))).toBe(false)
    await press('Pay with another card instead')
    expect(screen.getByRole('button', { name: 'Pay here' })).toBeVisible()
  })

  it('whose page cannot be opened says so', async () => {
    const till = createTill()
    till.order = atBank()
    till.instead = ({ path }) =>
      path.includes('payment-action') ? problem(503, 'unavailable', 'No.') : undefined
    visit(till)
    await title()
    await press('Confirm with your bank')
    expect(await screen.findByText(/bank’s page cannot be opened.*Nothing was charged/)).toBeVisible()
  })

  it('was left again: the shop is told at once, and checks', async () => {
    const till = createTill()
    till.order = atBank()
    visit(till, { address: `/orders/${ORDER}?returned=1#key=${KEY}` })
    expect(await titled('We are checking your payment')).toBeVisible()
    await waitFor(() => expect(till.commands(/payment-checks/)).toHaveLength(1))
    act(() => TestEventSource.say('order', { ...declined('authentication_failed'), payment_version: 4 }))
    expect(await titled('Your card was declined')).toBeVisible()
    expect(screen.getByText(/confirmation with the bank failed/)).toBeVisible()
  })
})

describe('an order that is paid', () => {
  it('has a receipt with everything on it', async () => {
    const till = createTill()
    till.order = paid({
      payment: {
        ...payment('partially-refunded', 'captured'),
        refunds: [{ id: 'r', amount: eur(1000), state: 'refunded', reason: null }],
      },
    })
    const print = vi.fn()
    vi.stubGlobal('print', print)
    visit(till)
    const receipt = within(await screen.findByRole('region', { name: 'Receipt' }))
    expect(receipt.getByText('Morning mug')).toBeInTheDocument()
    expect(receipt.getByTestId('total')).toHaveTextContent('48.90 €')
    expect(receipt.getByText('Partly refunded')).toBeInTheDocument()
    expect(receipt.getByText('10.00 €')).toBeInTheDocument()
    expect(await receipt.findByText('Lindenstraße 12')).toBeInTheDocument()
    await press('Print the receipt')
    expect(print).toHaveBeenCalledOnce()
  })

  it('is followed on its way, parcel by parcel', async () => {
    const till = createTill()
    till.order = paid()
    visit(till)
    await title()
    act(() =>
      TestEventSource.say(
        'order',
        paid({
          version: 3,
          state: 'partially-shipped',
          shipments: [parcel()],
          timeline: [
            { what: 'OrderPlaced', at: '2026-03-01T10:00:00Z' },
            { what: 'CaptureRequested', at: '2026-03-01T10:00:01Z' },
            { what: 'OrderShipped', at: '2026-03-02T10:00:00Z' },
          ],
        }),
      ),
    )
    expect(await titled('A part of your order is on its way')).toBeVisible()
    expect(screen.getByText('00340434161094')).toBeVisible()
    const events = within(screen.getByRole('region', { name: 'What happened so far' }))
    expect(events.getAllByRole('listitem').map((item) => item.firstChild?.textContent)).toEqual([
      'Sent',
      'Ordered',
    ])
  })
})

describe('cancelling', () => {
  it('is asked about first, and then shown of the version that it made', async () => {
    const till = createTill()
    till.order = paid()
    visit(till)
    await title()
    await press('Cancel this order')
    const dialog = within(await screen.findByRole('alertdialog', { name: 'Cancel this order?' }))
    expect(dialog.getByText(/48\.90.€ go back to your card/)).toBeVisible()
    till.order = paid({
      version: 9,
      state: 'cancelled',
      cancel_reason: 'customer',
      payment: payment('refunded', 'captured'),
    })
    await user.click(dialog.getByRole('button', { name: 'Cancel the order' }))
    expect(await titled('You cancelled this order')).toBeVisible()
    expect(till.commands(/cancellation/)).toHaveLength(1)
    expect(till.commands(/cancellation/)[0]?.key).not.toBeNull()
    expect(screen.getByRole('button', { name: 'Put it back' })).toBeVisible()
  })

  it('can be thought better of', async () => {
    const till = createTill()
    visit(till)
    await title()
    await press('Cancel this order')
    await user.click(await screen.findByRole('button', { name: 'Keep it' }))
    await waitFor(() => expect(screen.queryByRole('alertdialog')).toBeNull())
    expect(till.commands(/cancellation/)).toEqual([])
  })

  it('that comes too late is refused in the words of the shop', async () => {
    const till = createTill()
    till.order = paid()
    till.instead = ({ path }) =>
      path.includes('cancellation')
        ? problem(422, 'order-shipped', 'Nothing was changed: some of the order is on its way already.')
        : undefined
    visit(till)
    await title()
    await press('Cancel this order')
    await user.click(await screen.findByRole('button', { name: 'Cancel the order' }))
    expect(await screen.findByText('Some of the order is on its way already.')).toBeVisible()
  })

  it('by the shop, or because nobody paid, says which', async () => {
    const till = createTill()
    till.order = order({ state: 'cancelled', cancel_reason: 'expired', payment: payment('voided') })
    visit(till)
    expect(await titled('This order was not paid in time')).toBeVisible()
    expect(screen.getByText('Nothing was charged.')).toBeVisible()
  })
})

describe('sending something back', () => {
  const delivered = paid({ state: 'delivered', version: 4, shipments: [parcel({ delivered_at: 'x' })] })

  it('needs a reason, and is shown as asked for', async () => {
    const till = createTill()
    till.order = { ...delivered, shipments: [parcel({ delivered_at: '2026-03-05T10:00:00Z' })] }
    visit(till)
    await title()
    await press('Send something back')
    await press('Request return')
    expect(screen.getByText('Choose why you want to send it back.')).toBeVisible()
    await user.click(screen.getByRole('radio', { name: 'It arrived damaged' }))
    till.order = { ...till.order, version: 5, return: { state: 'requested', reason: 'damaged' } }
    await press('Request return')
    expect(await screen.findByText(/You asked to send something back: “It arrived damaged”/)).toBeVisible()
    expect(till.commands(/return-requests/)).toMatchObject([{ body: { reason: 'damaged' } }])
    expect(screen.queryByRole('button', { name: 'Send something back' })).toBeNull()
  })
})

describe('what happened so far', () => {
  // By the names of their schemas, so that a new kind of event is found here.
  const kinds = Object.keys(import.meta.glob('../../../../domain/schemas/{order,payment}.*.json')).map(
    (path) => path.split('.').at(-3) ?? '',
  )
  /** Between the shop and the bank. */
  const silent = [
    'AttemptStarted',
    'CaptureRequested',
    'PaymentAuthorized',
    'PaymentRequested',
    'VoidRequested',
  ]

  it('is told of every kind of event but those that are nobody’s business', async () => {
    const till = createTill()
    till.order = paid({ timeline: kinds.map((what) => ({ what, at: '2026-03-01T10:00:00Z' })) })
    visit(till)
    const told = within(await screen.findByRole('region', { name: 'What happened so far' }))
    expect(told.getByText('Became the order of an account')).toBeVisible()
    expect(told.getAllByRole('listitem')).toHaveLength(kinds.length - silent.length)
    for (const kind of kinds) expect(told.queryByText(kind)).toBeNull()
  })
})
