// What an order's page says after it is paid: where the confirmation was sent, and where a parcel is.
import { screen, within } from '@testing-library/react'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { forgetKeys } from '../../api/orderKey'
import { TestEventSource } from '../../testing/live'
import { paid, parcel } from '../../testing/orders'
import { problem, server } from '../../testing/shop'
import { createTill } from '../../testing/till'
import { confirmedTill, receipt, titled, visit } from './testing'

beforeAll(() => server.listen({ onUnhandledRequest: 'error' }))
beforeEach(() => vi.stubGlobal('EventSource', TestEventSource))
afterEach(() => {
  server.resetHandlers()
  TestEventSource.open = []
  forgetKeys()
})
afterAll(() => server.close())

it('a confirmed order says where its confirmation was sent', async () => {
  visit(confirmedTill())
  const sentence = await screen.findByText(/We’ve e-mailed your confirmation to/)
  expect(sentence).toHaveTextContent('We’ve e-mailed your confirmation to ada@example.org.')
  expect(screen.getByText('We are getting it ready. Track your order here at any time.')).toBeVisible()
  expect(screen.getByRole('button', { name: 'Copy order link' })).toBeVisible()
})

it('a confirmed order says how long its delivery takes', async () => {
  visit(confirmedTill())
  expect(await screen.findByText('Standard delivery: 2 to 4 working days.')).toBeVisible()
})

it('a delivery method that the shop does not have any more promises nothing', async () => {
  const till = createTill()
  till.order = paid({ shipping_option: 'pigeon' })
  visit(till)
  expect(await screen.findByText(/We’ve e-mailed your confirmation to/)).toBeVisible()
  expect(screen.queryByText(/delivery:/)).toBeNull()
})

it('whoever may not see the address is told of none', async () => {
  const till = confirmedTill()
  till.instead = ({ path }) =>
    path.endsWith('/contact') ? problem(404, 'order-not-found', 'No.') : undefined
  visit(till)
  expect(await within(await receipt()).findByText('The address cannot be shown at the moment.')).toBeVisible()
  expect(screen.queryByText(/e-mailed/)).toBeNull()
  expect(screen.queryByText(/ada@example\.org/)).toBeNull()
})

it('a tracking number leads to the page of its carrier, and stays text where there is none', async () => {
  const till = createTill()
  till.order = paid({
    state: 'shipped',
    shipments: [
      parcel(),
      parcel({ id: 'shipment-2', carrier: 'Pigeon Express', tracking: 'COO-1' }),
      parcel({ id: 'shipment-3', carrier: 'UPS', tracking: 'not of UPS' }),
    ],
  })
  visit(till)
  await titled('Your order is on its way')
  const parcels = within(screen.getByRole('region', { name: '3 parcels' }))
  const links = parcels.getAllByRole('link')
  expect(links).toHaveLength(1)
  expect(links[0]).toHaveAccessibleName('00340434161094 at DHL (opens in a new tab)')
  expect(links[0]?.getAttribute('href')).toMatch(/^https:\/\/www\.dhl\.com\/.*00340434161094$/)
  expect(links[0]).toHaveAttribute('rel', 'noopener noreferrer')
  expect(parcels.getByText('COO-1')).toBeVisible()
  expect(parcels.getByText('not of UPS')).toBeVisible()
})
