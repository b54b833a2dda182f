// The list of a session's orders: waiting, filled, empty, failed, changing.
import { act, screen, waitFor } from '@testing-library/react'
import { HttpResponse } from 'msw'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { signedIn } from '../../api/session'
import { TestEventSource } from '../../testing/live'
import { ORDER, summary } from '../../testing/orders'
import { problem, server } from '../../testing/shop'
import { createTill } from '../../testing/till'
import { press, visit } from './testing'

beforeAll(() => server.listen({ onUnhandledRequest: 'error' }))
beforeEach(() => vi.stubGlobal('EventSource', TestEventSource))
afterEach(() => {
  server.resetHandlers()
  TestEventSource.open = []
})
afterAll(() => server.close())

const list = { address: '/orders' }

it('shows each order with where it stands', async () => {
  const till = createTill()
  till.orders = [
    summary(),
    summary({ id: `${ORDER.slice(0, -1)}b`, state: 'awaiting-payment', payment_state: 'action-required' }),
  ]
  visit(till, list)
  expect(await screen.findByRole('link', { name: 'Order 0000-00AA' })).toHaveAttribute(
    'href',
    `/orders/${ORDER}`,
  )
  expect(screen.getByText('Confirmed')).toBeVisible()
  expect(screen.getByText('Bank asks for a confirmation')).toBeVisible()
})

it('keeps places while they are asked for', async () => {
  const till = createTill()
  till.instead = ({ path }) => (path.startsWith('/queries/orders') ? new Promise(() => {}) : undefined)
  visit(till, list)
  expect(await screen.findByText('Loading your orders')).toBeInTheDocument()
})

it('an empty list says where other orders are, and leads to the shop', async () => {
  visit(createTill(), list)
  expect(await screen.findByText(/You have not ordered anything in this browser yet/)).toBeVisible()
  expect(screen.getByRole('link', { name: 'Shop all' })).toHaveAttribute('href', '/shop')
})

it('an empty list of an address that nobody confirmed says what confirming brings', async () => {
  signedIn({ owner: 'a', account: { id: 'a', roles: ['shopper'], withheld_roles: [] } }, null)
  visit(createTill(), { ...list, isUnconfirmed: true })
  expect(
    await screen.findByText(
      'Confirm your e-mail address, and the orders that you paid for with it as a guest appear here.',
    ),
  ).toBeVisible()
  expect(screen.queryByText(/Use the link in your confirmation e-mail/)).toBeNull()
})

it('nobody without a session has ordered anything', async () => {
  const till = createTill()
  till.instead = () => problem(401, 'no-session', 'There is no session.')
  visit(till, list)
  expect(await screen.findByText(/You have not ordered anything/)).toBeVisible()
})

it('a list that does not load is asked for again', async () => {
  const till = createTill()
  let isDown = true
  till.instead = () => (isDown ? problem(503, 'unavailable', 'No.') : undefined)
  visit(till, list)
  expect(await screen.findByRole('alert')).toHaveTextContent('Your orders did not load')
  isDown = false
  await press('Try again')
  expect(await screen.findByText(/You have not ordered anything/)).toBeVisible()
})

it('an order that changes is shown as it is now', async () => {
  const till = createTill()
  till.orders = [summary()]
  visit(till, list)
  await screen.findByText('Confirmed')
  till.orders = [summary({ state: 'shipped' })]
  act(() => TestEventSource.say('order', {}))
  expect(await screen.findByText('On its way')).toBeVisible()
})

it('earlier orders come when they are asked for', async () => {
  const till = createTill()
  till.instead = ({ path }) => {
    if (!path.startsWith('/queries/orders')) return undefined
    return HttpResponse.json(
      path.includes('cursor=second')
        ? { orders: [summary({ id: `${ORDER.slice(0, -1)}c` })], next: null }
        : { orders: [summary()], next: 'second' },
    )
  }
  visit(till, list)
  await screen.findByRole('link', { name: /^Order / })
  await press('Show earlier orders')
  await waitFor(() => expect(screen.getAllByRole('link', { name: /^Order / })).toHaveLength(2))
  expect(screen.queryByRole('button', { name: 'Show earlier orders' })).toBeNull()
})
