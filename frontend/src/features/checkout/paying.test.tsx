// Pay was pressed: one order and one attempt to pay for it, whatever happens to answers, clicks and reloads.
import { act, screen, waitFor } from '@testing-library/react'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { contact, eur, KEY, LINK, ORDER, quote, quotedMug, totals } from '../../testing/orders'
import { problem, server } from '../../testing/shop'
import { createTill, type HeardCommand, type Till } from '../../testing/till'
import { fillCard, fillDetails, pay, payName, press, toPayment, visit } from './testing'

beforeAll(() => server.listen({ onUnhandledRequest: 'error' }))
afterEach(() => server.resetHandlers())
afterAll(() => server.close())

const VISA = '4242 4242 4242 4242'
const lost = () => Promise.resolve(new Response(null, { status: 502, headers: { 'retry-after': '0' } }))
const checkouts = (till: Till) => till.commands(/\/checkout$/)
const attempts = (till: Till) => till.commands(/payment-attempts/)
const keys = (heard: HeardCommand[]) => [...new Set(heard.map(({ key }) => key))]

async function payWith(number: string) {
  await fillCard(number)
  await press(pay('48.90'))
}

it('places the order as it was shown, pays with a token, and goes to the order', async () => {
  const till = createTill()
  const { cart } = visit(till)
  await toPayment()
  await payWith(VISA)
  expect(await screen.findByTestId('order')).toHaveTextContent(
    `${LINK} {"version":1,"paymentVersion":1,"justPaid":true}`,
  )
  expect(checkouts(till)).toMatchObject([
    { body: { contact, country: 'DE', shipping_option: 'standard', total: eur(4890) } },
  ])
  expect(attempts(till)).toMatchObject([
    { path: `/commands/orders/${ORDER}/payment-attempts`, orderKey: KEY },
  ])
  expect(attempts(till)[0]?.body).toEqual({ payment_method: 'pm_card_visa' })
  expect(cart.placed).toHaveBeenCalledExactlyOnceWith(expect.any(String), ORDER)
})

it('counts when it was pressed while the total was asked for once more, and the total is the same', async () => {
  const till = createTill()
  const page = visit(till)
  await toPayment()
  await fillCard(VISA)
  page.change({ isSettled: false })
  await press(await screen.findByRole('button', { name: /^One moment/ }))
  expect(checkouts(till)).toHaveLength(0)
  page.change({ isSettled: true })
  await screen.findByTestId('order')
  expect(checkouts(till)).toHaveLength(1)
})

it('no request and nothing that is kept has the number of the card in it', async () => {
  const till = createTill()
  visit(till)
  await toPayment()
  await payWith(VISA)
  await screen.findByTestId('order')
  const said = JSON.stringify([till.heard, { ...sessionStorage }, { ...localStorage }])
  expect(till.heard.length).toBeGreaterThan(3)
  expect(said).toContain('pm_card_visa')
  expect(said.replace(/[^\da-z]/gi, '')).not.toContain('4242424242424242')
  expect(said).not.toMatch(/4242[\s-]?4242/)
})

it('a card that is not right is not sent, and says why at its field', async () => {
  const till = createTill()
  visit(till)
  await toPayment()
  await payWith('4242 4242 4242 4241')
  expect(screen.getByRole('group', { name: 'What is not right' })).toHaveFocus()
  expect(screen.getByRole('textbox', { name: 'Card number' })).toHaveAccessibleDescription(
    /has a mistake in it/,
  )
  expect(checkouts(till)).toEqual([])
})

it('a double click is one order', async () => {
  const till = createTill()
  visit(till)
  await toPayment()
  await fillCard(VISA)
  const button = pay('48.90')
  button.click()
  button.click()
  await screen.findByTestId('order')
  expect(checkouts(till)).toHaveLength(1)
  expect(attempts(till)).toHaveLength(1)
})

describe('Pay that is pressed while offline', () => {
  const offline = (is: boolean) =>
    act(() => {
      vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(!is)
      window.dispatchEvent(new Event(is ? 'offline' : 'online'))
    })

  it('says so and keeps the step, and works when it is pressed again', async () => {
    const till = createTill()
    visit(till)
    await toPayment()
    offline(true)
    await payWith(VISA)
    expect(
      await screen.findByText(/^You are offline\. Nothing was sent, and nothing was charged\./),
    ).toBeVisible()
    expect(screen.getByRole('textbox', { name: 'Card number' })).toHaveValue(VISA)
    expect(checkouts(till)).toEqual([])
    offline(false)
    await waitFor(() => expect(pay('48.90')).toHaveAttribute('aria-disabled', 'false'))
    await press(pay('48.90'))
    await screen.findByTestId('order')
    expect(checkouts(till)).toHaveLength(1)
  })
})

describe('an answer that is lost', () => {
  it('is asked for again under the same key', async () => {
    const till = createTill()
    let answers = 0
    till.afterwards = ({ path }) => {
      answers += 1
      return answers === 1 || path.includes('payment-attempts') === (answers === 3) ? lost() : undefined
    }
    visit(till)
    await toPayment()
    await payWith(VISA)
    await screen.findByTestId('order')
    expect(checkouts(till).length).toBeGreaterThan(1)
    expect(keys(checkouts(till))).toHaveLength(1)
    expect(keys(attempts(till))).toHaveLength(1)
  })

  it('and a reload after it send the same order again, not a second one', async () => {
    const till = createTill()
    let isDeaf = true
    till.afterwards = () => (isDeaf ? new Promise<Response>(() => {}) : undefined)
    const { unmount } = visit(till)
    await toPayment()
    await payWith(VISA)
    expect(await screen.findByText('We are checking your payment')).toBeVisible()
    await waitFor(() => expect(checkouts(till)).toHaveLength(1))
    unmount()
    isDeaf = false
    // The cart is an order by now, as far as the page hears.
    visit(till, { id: null, isEmpty: true, becameOrder: { order: ORDER } }, '/checkout/payment')
    expect(await screen.findByTestId('order')).toHaveTextContent(LINK)
    expect(checkouts(till)).toHaveLength(2)
    expect(keys(checkouts(till))).toHaveLength(1)
    expect(checkouts(till)[0]?.body).toEqual(checkouts(till)[1]?.body)
    expect(attempts(till)).toHaveLength(1)
  })

  it('of the attempt to pay leads to the order, which knows what came of it', async () => {
    const till = createTill()
    till.instead = ({ path }) => (path.includes('payment-attempts') ? lost() : undefined)
    visit(till)
    await toPayment()
    await payWith(VISA)
    expect(await screen.findByTestId('order')).toHaveTextContent('"justPaid":false')
    expect(sessionStorage.getItem(`cartwright.paying.${ORDER}`)).toContain('pm_card_visa')
  })

  it('for too long leaves everything as it is, and Pay sends the same once more', async () => {
    const till = createTill()
    let isDown = true
    till.instead = ({ path }) => (isDown && path.endsWith('/checkout') ? lost() : undefined)
    visit(till)
    await toPayment()
    await payWith(VISA)
    expect(await screen.findByText(/The shop did not answer. Nothing you typed is lost/)).toBeVisible()
    expect(screen.getByRole('textbox', { name: 'Card number' })).toHaveValue(VISA)
    isDown = false
    await press(pay('48.90'))
    await screen.findByTestId('order')
    expect(keys(checkouts(till))).toHaveLength(1)
  })
})

it('an answer that never came is asked for again when the cart is heard to be an order', async () => {
  const till = createTill()
  let isDown = true
  till.instead = ({ path }) => (isDown && path.endsWith('/checkout') ? lost() : undefined)
  const page = visit(till)
  await toPayment()
  await payWith(VISA)
  await screen.findByText(/The shop did not answer/)
  isDown = false
  page.change({ id: null, isEmpty: true, becameOrder: { order: ORDER } })
  expect(await screen.findByTestId('order')).toHaveTextContent(LINK)
  expect(keys(checkouts(till))).toHaveLength(1)
})

describe('a reload of the payment step', () => {
  it('does not leave for the order before it is known whether that gave its cart back', async () => {
    const till = createTill()
    const first = visit(till)
    await toPayment()
    await payWith(VISA)
    await screen.findByTestId('order')
    first.unmount()
    const page = visit(till, { id: null, isLoaded: false, isEmpty: true }, '/checkout/details')
    await screen.findByText('Loading the checkout')
    page.change({ id: '01a20520-0000-7000-8000-000000000001', isLoaded: true, isEmpty: false })
    expect(await screen.findByRole('textbox', { name: 'E-mail' })).toBeVisible()
  })

  it('when the order is placed goes on with that order', async () => {
    const till = createTill()
    till.instead = ({ path }) => (path.includes('payment-attempts') ? new Promise(() => {}) : undefined)
    const { unmount } = visit(till)
    await toPayment()
    await payWith(VISA)
    expect(await screen.findByText('We are checking your payment')).toBeVisible()
    unmount()
    // However far the page is told: the cart may still look as if it could be ordered.
    visit(till, {}, '/checkout/payment')
    expect(await screen.findByTestId('order')).toHaveTextContent(LINK)
    expect(checkouts(till)).toHaveLength(1)
  })

  it('of a cart that its order gave back begins anew', async () => {
    const till = createTill()
    const { unmount } = visit(till)
    await toPayment()
    await payWith(VISA)
    await screen.findByTestId('order')
    unmount()
    visit(till, { version: 9 }, '/checkout/payment')
    expect(await screen.findByRole('radio', { name: /Standard/ })).toBeVisible()
  })
})

describe('what the shop refuses', () => {
  const refuseOnce = (till: Till, slug: string, then: () => void, extra: object = {}) => {
    let asked = 0
    till.instead = ({ path }) => {
      if (!path.endsWith('/checkout')) return undefined
      asked += 1
      if (asked > 1) return undefined
      then()
      return slug === 'validation'
        ? new Response(JSON.stringify({ type: '/problems/validation', detail: 'No.', ...extra }), {
            status: 422,
          })
        : problem(422, slug, 'Nothing was changed: the total is another one.')
    }
  }

  it('because the total changed comes back as a list to agree to; the card is still there', async () => {
    const till = createTill()
    refuseOnce(till, 'total-changed', () => {
      till.quote = quote({
        lines: [quotedMug({ unit_price: eur(2350), previous_price: eur(2200) })],
        totals: totals(4700),
      })
    })
    visit(till)
    await toPayment()
    await payWith(VISA)
    expect(await screen.findByText(/Morning mug:/)).toHaveTextContent('22.00 € → 23.50 €')
    expect(screen.getByRole('textbox', { name: 'Card number' })).toHaveValue(VISA)
    await press('Continue with the new total')
    await press(pay('51.90'))
    await screen.findByTestId('order')
    expect(checkouts(till).map(({ body }) => body.total)).toEqual([eur(4890), eur(5190)])
    expect(keys(checkouts(till))).toHaveLength(2)
  })

  it('because there is too little left says how much there is', async () => {
    const till = createTill()
    refuseOnce(till, 'out-of-stock', () => {
      till.quote = quote({ lines: [quotedMug({ trouble: { what: 'out-of-stock', available: 1 } })] })
    })
    const { cart } = visit(till)
    await toPayment()
    await payWith(VISA)
    expect(await screen.findByText('Morning mug: only 1 left, you wanted 2')).toBeVisible()
    await press('Change my order to this')
    expect(cart.setQuantity).toHaveBeenCalledWith('KIT-MUG-STONE', 1)
  })

  for (const [slug, words] of [
    ['unpaid-orders', /Pay or cancel one of them under Your orders/],
    ['unpaid-units', /Put fewer into the cart.*ask us for a quote/],
    ['unpaid-network', /press Pay again in a few minutes/],
  ] as const) {
    it(`because too much is not paid yet says what to do (${slug})`, async () => {
      const till = createTill()
      refuseOnce(till, slug, () => {})
      visit(till)
      await toPayment()
      await payWith(VISA)
      expect(await screen.findByText(words)).toHaveTextContent(/^Nothing was charged\./)
      await press(pay('48.90'))
      await screen.findByTestId('order')
    })
  }

  it('and changed back again in the same moment is looked at once more', async () => {
    const till = createTill()
    refuseOnce(till, 'total-changed', () => {})
    visit(till)
    await toPayment()
    await payWith(VISA)
    expect(await screen.findByText(/Something changed in the moment you pressed Pay/)).toBeVisible()
    await waitFor(() => expect(pay('48.90')).toHaveAttribute('aria-disabled', 'false'))
  })

  it('in the address is shown at its field', async () => {
    const till = createTill()
    refuseOnce(till, 'validation', () => {}, {
      violations: [{ field: 'contact.postal_code', message: 'has to be a German postal code' }],
    })
    const { router } = visit(till)
    await toPayment()
    await payWith(VISA)
    const postalCode = await screen.findByRole('textbox', { name: 'Postal code' })
    await waitFor(() =>
      expect(postalCode).toHaveAccessibleDescription('This has to be a German postal code.'),
    )
    expect(router.state.location.pathname).toBe('/checkout/details')
  })

  it('for a reason of its own is said in its words', async () => {
    const till = createTill()
    refuseOnce(till, 'amount-limit', () => {})
    visit(till)
    await toPayment()
    await payWith(VISA)
    expect(await screen.findByText('Nothing was charged. The total is another one.')).toBeVisible()
  })
})

it('another tab was first: the second one gets the same order, and its attempt is not made twice', async () => {
  const till = createTill()
  till.instead = ({ path }) =>
    path.includes('payment-attempts')
      ? problem(422, 'payment-in-progress', 'A payment is being checked.')
      : undefined
  visit(till)
  await toPayment()
  await payWith(VISA)
  expect(await screen.findByTestId('order')).toHaveTextContent(LINK)
  expect(sessionStorage.getItem(`cartwright.paying.${ORDER}`)).toBeNull()
})

it('a total that no card can be charged is said in words, and not paid', async () => {
  const till = createTill()
  till.quote = quote({ totals: totals(29, 0), unpayable: { what: 'too-little', least: eur(50) } })
  visit(till)
  await toPayment()
  const words = /comes to 0\.29.€, and the least that a card can be charged is 0\.50.€\. Add something/
  // Beside the total, and where it would be paid.
  expect(screen.getAllByText(words)).toHaveLength(2)
  await fillCard(VISA)
  await press(pay('0.29'))
  expect(checkouts(till)).toEqual([])
})

it('a code that this person used before is taken off, and the rest is paid', async () => {
  const till = createTill()
  till.quote = quote({ code: { code: 'MINE', refused: null } })
  till.instead = ({ path, method }) => {
    if (method === 'DELETE') till.quote = quote({ totals: totals(5000) })
    return path.endsWith('/checkout') && till.quote.code !== null
      ? problem(
          422,
          'code-used-by-customer',
          'Nothing was changed: you used it as often as one customer may.',
        )
      : undefined
  }
  visit(till)
  await toPayment()
  await payWith(VISA)
  expect(await screen.findByText('You used it as often as one customer may.')).toBeVisible()
  await press('Change my order to this')
  await press(await screen.findByRole('button', { name: payName('54.90') }))
  expect(await screen.findByTestId('order')).toHaveTextContent(LINK)
  expect(till.commands(/discount-code/)).toMatchObject([{ method: 'DELETE' }])
})

it('an order for nothing is placed without a card', async () => {
  const till = createTill()
  till.quote = quote({ totals: { ...totals(0, 0), discount: eur(4400) } })
  visit(till)
  await fillDetails()
  await press('Continue to delivery')
  await screen.findByRole('button', { name: 'Continue to payment' })
  await press('Continue to payment')
  await press(await screen.findByRole('button', { name: 'Place the order' }))
  expect(await screen.findByTestId('order')).toHaveTextContent(LINK)
  expect(attempts(till)).toEqual([])
})
