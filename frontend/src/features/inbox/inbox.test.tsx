// The inbox: how much is new in the header, what it says, and that seen is read.
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { act, render, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { MemoryRouter } from 'react-router'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import type { Notice } from '../../api/types'
import { TestEventSource } from '../../testing/live'
import { createDesk, mug, REQUEST, type Desk } from '../../testing/requests'
import { problem, server } from '../../testing/shop'
import InboxButton from './InboxButton'
import { InboxPage } from './InboxPage'
import { noticeInWords, placeOf } from './words'

beforeAll(() => server.listen({ onUnhandledRequest: 'error' }))
beforeEach(() => vi.stubGlobal('EventSource', TestEventSource))
afterEach(() => {
  server.resetHandlers()
  TestEventSource.open = []
})
afterAll(() => server.close())

const notice = (more: Partial<Notice> = {}): Notice => ({
  id: 'n1',
  request: REQUEST,
  title: 'A mug for the left hand',
  sku: null,
  transition: 'planned',
  happened_at: '2026-03-01T10:00:00Z',
  read: false,
  ...more,
})

function visit(desk: Desk) {
  server.use(...desk.handlers)
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  render(
    <QueryClientProvider client={client}>
      <MemoryRouter>
        <InboxButton />
        <InboxPage />
      </MemoryRouter>
    </QueryClientProvider>,
  )
}
const asked = (desk: Desk) => desk.heard.filter(({ path }) => path === '/commands/inbox')

it('what is new is counted, said in a sentence, marked, and read by being seen', async () => {
  const desk = createDesk()
  desk.inbox = { unread: 1, notices: [notice(), notice({ id: 'n0', transition: 'commented', read: true })] }
  visit(desk)
  expect(
    await screen.findByRole('link', {
      name: 'Planned: we are working on getting “A mug for the left hand”.',
    }),
  ).toHaveAttribute('href', `/requests/${REQUEST}`)
  expect(screen.getAllByText('New')).toHaveLength(1)
  await waitFor(() => expect(screen.getByRole('link', { name: 'Inbox, nothing new' })).toBeVisible())
  expect(desk.heard.find(({ method }) => method === 'PUT')).toMatchObject({
    path: '/commands/inbox/read',
    body: { up_to: 'n1' },
  })
  expect(screen.getAllByText('New')).toHaveLength(1)
})

it('what is told meanwhile is there at once, and what is known is not asked for again', async () => {
  const desk = createDesk()
  desk.inbox = { unread: 0, notices: [notice({ read: true })] }
  visit(desk)
  await screen.findByRole('list', { name: 'Notices' })
  const before = asked(desk).length
  act(() => TestEventSource.say('inbox', { newest: 'n1' }))
  expect(asked(desk)).toHaveLength(before)
  desk.inbox = {
    unread: 1,
    notices: [notice({ id: 'n2', title: null, sku: mug.sku, transition: 'back_in_stock' })],
  }
  desk.instead = ({ method }) => (method === 'PUT' ? problem(503, 'unavailable', 'No.') : undefined)
  act(() => TestEventSource.say('inbox', { newest: 'n2' }))
  expect(await screen.findByRole('link', { name: /Back in stock: “Morning mug”/ })).toHaveAttribute(
    'href',
    `/products/${mug.sku}`,
  )
  expect(screen.getByRole('link', { name: 'Inbox, 1 unread' })).toBeVisible()
  expect(screen.getByRole('status', { name: 'Inbox' })).toHaveTextContent('1 unread in your inbox.')
})

it('an empty inbox says what comes into it', async () => {
  visit(createDesk())
  expect(await screen.findByText(/Nothing yet\. Updates on your requests appear here/)).toBeVisible()
})

it('one that does not load is asked for again', async () => {
  const desk = createDesk()
  let isDown = true
  desk.instead = () => (isDown ? problem(503, 'unavailable', 'No.') : undefined)
  visit(desk)
  expect(await screen.findByText('Your inbox did not load')).toBeVisible()
  isDown = false
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }))
  expect(await screen.findByText(/Nothing yet/)).toBeVisible()
})

it('every transition is a sentence, those of a newer shop too', () => {
  const transitions = [
    ...['triaged', 'planned', 'declined', 'fulfilled', 'duplicate', 'commented', 'quoted', 'quote_expired'],
    ...['back_in_stock', 'hidden', 'restored', 'knighted'],
  ]
  const said = transitions.map((transition) => noticeInWords(notice({ transition })))
  expect(new Set(said).size).toBe(transitions.length)
  for (const sentence of said) expect(sentence).toMatch(/^[A-Z“].*“?A mug for the left hand”?.*\.$/)
  expect(noticeInWords(notice({ title: null }))).toContain('your request')
  expect(noticeInWords(notice({ title: null, sku: 'MUG' }), 'Morning mug')).toContain('“Morning mug”')
})

it('what is in the shop now leads to it', () => {
  expect(placeOf(notice({ transition: 'fulfilled', sku: 'MUG' }))).toBe('/products/MUG')
  expect(placeOf(notice({ transition: 'fulfilled' }))).toBe(`/requests/${REQUEST}`)
})
