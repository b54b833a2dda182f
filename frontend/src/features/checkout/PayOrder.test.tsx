// Paying for an order that is there already, with our own card form and with Stripe's.
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { render, screen, waitFor } from '@testing-library/react'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { eur, KEY, ORDER } from '../../testing/orders'
import { problem, server } from '../../testing/shop'
import { createTill, type Till } from '../../testing/till'
import { keepAttempt, keptAttempt } from './kept'
import { PayOrder } from './PayOrder'
import { fillCard, pay, press, user } from './testing'

beforeAll(() => server.listen({ onUnhandledRequest: 'error' }))
afterEach(() => {
  server.resetHandlers()
  delete window.Stripe
  document.head.querySelectorAll('script').forEach((script) => script.remove())
})
afterAll(() => server.close())

const attempts = (till: Till) => till.commands(/payment-attempts/)

function visit(till: Till) {
  server.use(...till.handlers)
  const onStarted = vi.fn()
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  const page = render(
    <QueryClientProvider client={client}>
      <PayOrder order={ORDER} orderKey={KEY} total={eur(4890)} onStarted={onStarted} />
    </QueryClientProvider>,
  )
  return { onStarted, ...page }
}

it('sends the token with the key of the link, and tells of which version the payment is', async () => {
  const till = createTill()
  const { onStarted } = visit(till)
  await screen.findByRole('textbox', { name: 'Card number' })
  await fillCard('4000 0000 0000 9995')
  await press(pay('48.90'))
  await waitFor(() => expect(onStarted).toHaveBeenCalledExactlyOnceWith(1))
  expect(attempts(till)).toMatchObject([
    {
      path: `/commands/orders/${ORDER}/payment-attempts`,
      orderKey: KEY,
      body: { payment_method: 'pm_card_visa_chargeDeclinedInsufficientFunds' },
    },
  ])
  expect(keptAttempt(ORDER)).toBeNull()
})

it('an attempt that was not answered before a reload is sent again under its key', async () => {
  const till = createTill()
  keepAttempt(ORDER, { key: 'the-key', method: 'pm_card_visa' })
  const { onStarted } = visit(till)
  expect(screen.getByText(/We are checking your payment/)).toBeVisible()
  await waitFor(() => expect(onStarted).toHaveBeenCalledOnce())
  expect(attempts(till)).toMatchObject([{ key: 'the-key', body: { payment_method: 'pm_card_visa' } }])
})

it('a refusal is said, and the order is looked at again', async () => {
  const till = createTill()
  till.instead = ({ path }) =>
    path.includes('payment-attempts')
      ? problem(422, 'attempt-limit', 'Nothing was changed: there were 20 attempts to pay.')
      : undefined
  const { onStarted } = visit(till)
  await screen.findByRole('textbox', { name: 'Card number' })
  await fillCard('4242 4242 4242 4242')
  await press(pay('48.90'))
  expect(await screen.findByText('Nothing was charged. There were 20 attempts to pay.')).toBeVisible()
  expect(onStarted).toHaveBeenCalledExactlyOnceWith(null)
})

it('a shop that never answers leaves the card as it was typed, and the same key for the next press', async () => {
  const till = createTill()
  let isDown = true
  till.instead = ({ path }) =>
    isDown && path.includes('payment-attempts')
      ? problem(502, 'unavailable', 'Nobody there.', { 'retry-after': '0' })
      : undefined
  const { onStarted } = visit(till)
  await screen.findByRole('textbox', { name: 'Card number' })
  await fillCard('4242 4242 4242 4242')
  await press(pay('48.90'))
  expect(await screen.findByText(/The shop did not answer/)).toBeVisible()
  expect(screen.getByRole('textbox', { name: 'Card number' })).toHaveValue('4242 4242 4242 4242')
  isDown = false
  await press(pay('48.90'))
  await waitFor(() => expect(onStarted).toHaveBeenCalledOnce())
  expect(new Set(attempts(till).map(({ key }) => key)).size).toBe(1)
})

it('is not sent while offline, says so, and is sent when it is pressed again', async () => {
  const till = createTill()
  const { onStarted } = visit(till)
  await screen.findByRole('textbox', { name: 'Card number' })
  await fillCard('4242 4242 4242 4242')
  const online = vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(false)
  await press(pay('48.90'))
  expect(
    await screen.findByText(/^You are offline\. Nothing was sent, and nothing was charged/),
  ).toBeVisible()
  expect(attempts(till)).toEqual([])
  online.mockReturnValue(true)
  await press(pay('48.90'))
  await waitFor(() => expect(onStarted).toHaveBeenCalledOnce())
  expect(attempts(till)).toHaveLength(1)
})

it('says so when the settings of the shop do not load, and asks again', async () => {
  const till = createTill()
  let isDown = true
  till.instead = ({ path }) =>
    isDown && path.endsWith('checkout-settings') ? problem(400, 'broken', 'No.') : undefined
  visit(till)
  expect(await screen.findByRole('alert')).toHaveTextContent('The card form did not load')
  isDown = false
  await press('Try again')
  expect(await screen.findByRole('textbox', { name: 'Card number' })).toBeVisible()
})

describe('with Stripe', () => {
  type Created = { paymentMethod?: { id: string }; error?: { message?: string } }

  function stripeThatAnswers(created: () => Promise<Created>) {
    const element = { mount: vi.fn(), destroy: vi.fn(), focus: vi.fn(), on: vi.fn() }
    const createPaymentMethod = vi.fn(created)
    const stripe = vi.fn(() => ({ elements: () => ({ create: () => element }), createPaymentMethod }))
    return { element, createPaymentMethod, stripe }
  }
  const script = () => document.head.querySelector<HTMLScriptElement>('script[src*="stripe"]')
  async function loaded(stripe: NonNullable<typeof window.Stripe>) {
    await waitFor(() => expect(script()).not.toBeNull())
    window.Stripe = stripe
    script()?.dispatchEvent(new Event('load'))
  }

  it('its script is not asked for while the shop has the sandbox', async () => {
    visit(createTill())
    await screen.findByRole('textbox', { name: 'Card number' })
    expect(script()).toBeNull()
  })

  it('the card goes to Stripe, and what comes back is sent', async () => {
    const till = createTill()
    till.gateway = 'stripe'
    const { element, createPaymentMethod, stripe } = stripeThatAnswers(() =>
      Promise.resolve({ paymentMethod: { id: 'pm_1' } }),
    )
    const { onStarted } = visit(till)
    await loaded(stripe)
    await waitFor(() => expect(element.mount).toHaveBeenCalledOnce())
    expect(script()?.src).toBe('https://js.stripe.com/v3/')
    expect(stripe).toHaveBeenCalledWith('pk_test_1')
    await press(pay('48.90'))
    await waitFor(() => expect(onStarted).toHaveBeenCalledOnce())
    expect(createPaymentMethod).toHaveBeenCalledOnce()
    expect(attempts(till)).toMatchObject([{ body: { payment_method: 'pm_1' } }])
  })

  it('what Stripe says about the card is shown, and nothing is sent', async () => {
    const till = createTill()
    till.gateway = 'stripe'
    const { element, stripe } = stripeThatAnswers(() =>
      Promise.resolve({ error: { message: 'Your card number is incomplete.' } }),
    )
    visit(till)
    await loaded(stripe)
    await waitFor(() => expect(element.mount).toHaveBeenCalled())
    await press(pay('48.90'))
    expect(await screen.findByText('Your card number is incomplete.')).toBeVisible()
    expect(element.focus).toHaveBeenCalled()
    expect(attempts(till)).toEqual([])
  })

  it('a form that does not load says what is safe, and is loaded again', async () => {
    const till = createTill()
    till.gateway = 'stripe'
    visit(till)
    await waitFor(() => expect(script()).not.toBeNull())
    script()?.dispatchEvent(new Event('error'))
    expect(await screen.findByRole('alert')).toHaveTextContent('Nothing was charged')
    await user.click(screen.getByRole('button', { name: 'Try again' }))
    await waitFor(() => expect(script()).not.toBeNull())
  })
})
