// A quote as its customer sees it: waiting, offered, answered, over.
import { screen, waitFor } from '@testing-library/react'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { eur } from '../../testing/orders'
import { TestEventSource } from '../../testing/live'
import { createDesk, mug, QUOTE, quoted, REQUEST } from '../../testing/requests'
import { problem, server } from '../../testing/shop'
import { dialog, press, type, user, visit } from './testing'

beforeAll(async () => {
  server.listen({ onUnhandledRequest: 'error' })
  await import('../../components/ConfirmDialog')
})
beforeEach(() => vi.stubGlobal('EventSource', TestEventSource))
afterEach(() => {
  server.resetHandlers()
  TestEventSource.open = []
})
afterAll(() => server.close())

const HERE = `/requests/${REQUEST}`
const open = async (more: Parameters<typeof quoted>[0] = {}) => {
  const desk = createDesk()
  desk.requests = [quoted(more)]
  await visit(desk, HERE)
  return desk
}

it('says the price, how many, what it comes to, and until when', async () => {
  await open()
  expect(await screen.findByRole('heading', { name: 'Our offer' })).toBeVisible()
  expect(screen.getByText(/^17\.00/)).toBeVisible()
  expect(screen.getByText(/^8,500\.00/)).toBeVisible()
  expect(screen.getByRole('link', { name: 'Accept and order' })).toHaveAttribute('href', `${HERE}/accept`)
  expect(screen.queryByRole('button', { name: /Support/ })).toBeNull()
})

it('before there is one, it says what was asked for', async () => {
  await open({ state: 'submitted', quote: null })
  expect(await screen.findByText(/Quantity: 500\. We’ll post our offer here/)).toBeVisible()
})

it('is declined, after a question', async () => {
  const desk = await open()
  await user.click(await screen.findByRole('button', { name: 'Decline quote' }))
  const asked = await dialog('Decline this quote?')
  await user.click(asked.getByRole('button', { name: 'Decline quote' }))
  expect(await screen.findByRole('heading', { name: 'You declined this quote' })).toBeVisible()
  expect(desk.done()).toEqual([`POST ${HERE}/quotes/${QUOTE}/decline`])
  expect(screen.getByRole('link', { name: 'Request a new quote' })).toHaveAttribute(
    'href',
    `/requests/new?kind=quote&quantity=500&sku=${mug.sku}`,
  )
})

it('another one is asked for, in words', async () => {
  const desk = await open()
  await user.click(await screen.findByRole('button', { name: 'Request a new quote' }))
  await type('What should be different?', 'Half as many.')
  await press('Request a new quote')
  expect(await screen.findByText('You wrote: “Half as many.”')).toBeVisible()
  expect(desk.heard.find(({ path }) => path.endsWith('/renegotiation'))?.body).toEqual({
    text: 'Half as many.',
  })
})

it('one that was answered or replaced meanwhile is said to be', async () => {
  const desk = await open()
  desk.instead = ({ method }) => (method === 'POST' ? problem(422, 'quote-not-found', 'No.') : undefined)
  await user.click(await screen.findByRole('button', { name: 'Decline quote' }))
  const asked = await dialog('Decline this quote?')
  await user.click(asked.getByRole('button', { name: 'Decline quote' }))
  await waitFor(() => expect(asked.getByText(/There is a newer quote/)).toBeVisible())
})

it('one whose time has passed cannot be accepted, before the shop has noticed', async () => {
  await open({
    quote: { id: QUOTE, unit_price: eur(1700), quantity: 500, expires_at: '2026-01-01T00:00:00Z' },
  })
  expect(await screen.findByRole('heading', { name: 'This quote has expired' })).toBeVisible()
  expect(screen.queryByRole('link', { name: 'Accept and order' })).toBeNull()
  expect(screen.getByRole('link', { name: 'Request a new quote' })).toBeVisible()
})

it('one that names no product yet waits for it', async () => {
  await open({ sku: null, title: 'Mugs with our bear on them' })
  expect(await screen.findByText(/as soon as we add the product to the catalogue/)).toBeVisible()
  expect(screen.queryByRole('link', { name: 'Accept and order' })).toBeNull()
})

it('one that was accepted leads to its order', async () => {
  await open({ state: 'accepted', order: '01a20520-0000-7000-8000-0000000000aa' })
  expect(await screen.findByRole('link', { name: 'View order' })).toHaveAttribute(
    'href',
    '/orders/01a20520-0000-7000-8000-0000000000aa',
  )
})
