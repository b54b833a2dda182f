// One request: its states, what can be done with it, and how it changes while it is looked at.
import { act, screen, waitFor, within } from '@testing-library/react'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { TestEventSource } from '../../testing/live'
import { createDesk, mug, OTHER, REQUEST, request } from '../../testing/requests'
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
const open = async (more: Parameters<typeof request>[0] = {}, options = {}, state?: object) => {
  const desk = createDesk(options)
  desk.requests = [request(more)]
  return { desk, ...(await visit(desk, HERE, state)) }
}
const title = (name: string) => screen.findByRole('heading', { level: 1, name })
const mine = { customer: true, supports: true, follows: true }

it('says what was asked for, how far it is, and what happened', async () => {
  await open({
    state: 'planned',
    description: 'With a wide handle.',
    link: 'https://example.org/mug',
    timeline: [
      { what: 'RequestSubmitted', at: '2026-03-01T10:00:00Z' },
      { what: 'RequestPlanned', at: '2026-03-02T10:00:00Z' },
      { what: 'SomethingNew', at: '2026-03-03T10:00:00Z' },
    ],
    thread: [{ id: 'a', by: 'staff', text: 'In April.', at: '2026-03-02T10:00:00Z' }],
  })
  await title('A mug for the left hand')
  expect(screen.getByText('With a wide handle.')).toBeVisible()
  expect(screen.getByRole('link', { name: /example\.org/ })).toHaveAttribute(
    'rel',
    expect.stringContaining('nofollow'),
  )
  const happened = within(screen.getByRole('region', { name: 'History' })).getAllByRole('listitem')
  expect(happened.map((item) => item.textContent)).toEqual([
    expect.stringContaining('Planned'),
    expect.stringContaining('Requested'),
  ])
  expect(within(screen.getByRole('region', { name: 'Comments (1)' })).getByText('The shop')).toBeVisible()
})

it('says that there are more comments than are shown', async () => {
  const said = { id: 'a', by: 'shopper', text: 'Yes.', at: '2026-03-02T10:00:00Z' } as const
  await open({ comments: 250, thread: [said] })
  await title('A mug for the left hand')
  const thread = within(screen.getByRole('region', { name: 'Comments (250)' }))
  expect(thread.getByText('The newest 1 are shown.')).toBeVisible()
})

it('there is no such request, or it is not for everybody', async () => {
  const desk = createDesk({ isSignedIn: false })
  await visit(desk, HERE)
  await title('We couldn’t find this request.')
  expect(screen.getByRole('link', { name: 'Sign in if it is yours' })).toBeVisible()
})

it('one that was just made is waited for', async () => {
  const desk = createDesk()
  desk.instead = ({ path }) => {
    if (path.endsWith('min-version=1')) desk.requests = [request({ version: 1 })]
    return undefined
  }
  await visit(desk, HERE, { version: 1 })
  await title('A mug for the left hand')
})

it('a request that does not load is asked for again', async () => {
  const desk = createDesk()
  let isDown = true
  desk.instead = ({ path }) =>
    isDown && path.startsWith('/queries/requests') ? problem(503, 'unavailable', 'No.') : undefined
  desk.requests = [request()]
  await visit(desk, HERE)
  expect(await screen.findByText('The request did not load')).toBeVisible()
  isDown = false
  await press('Try again')
  await title('A mug for the left hand')
})

it('a duplicate leads to where it goes on', async () => {
  const desk = createDesk()
  desk.requests = [
    request({ state: 'duplicate', duplicate_of: OTHER, title: 'Left mug' }),
    request({ id: OTHER }),
  ]
  const { at } = await visit(desk, HERE)
  await title('A mug for the left hand')
  expect(at()).toBe(`/requests/${OTHER}`)
  expect(screen.getByText(/“Left mug” was merged into this request/)).toBeVisible()
})

it('words that were deleted with an account are said to be', async () => {
  await open({
    title: null,
    thread: [{ id: 'a', by: 'shopper', text: null, at: '2026-03-02T10:00:00Z' }],
  })
  await title('Request with deleted text')
  expect(screen.getByText(/deleted with its author’s account/)).toBeVisible()
})

it('it is followed, and not any more', async () => {
  const { desk } = await open()
  await user.click(await screen.findByRole('button', { name: 'Follow' }))
  expect(await screen.findByText(/You get updates/)).toBeVisible()
  await waitFor(() => expect(desk.requests[0]?.you?.follows).toBe(true))
  await press('Stop following')
  expect(await screen.findByRole('button', { name: 'Follow' })).toBeVisible()
  expect(desk.done()).toEqual([`PUT ${HERE}/subscription`, `DELETE ${HERE}/subscription`])
})

it('something is said about it, once', async () => {
  const { desk } = await open()
  await title('A mug for the left hand')
  await press('Post comment')
  expect(screen.getByLabelText('Your comment')).toHaveAccessibleDescription(/Enter a comment/)
  await type('Your comment', 'I would buy four.')
  await press('Post comment')
  expect(await screen.findByText('I would buy four.', { selector: 'p' })).toBeVisible()
  expect(screen.getByLabelText('Your comment')).toHaveValue('')
  expect(desk.done()).toEqual([`POST ${HERE}/comments`])
})

it('one’s own is taken back, after a question', async () => {
  await open({ supporters: 1, you: mine })
  await user.click(await screen.findByRole('button', { name: 'Withdraw request' }))
  const asked = await dialog('Withdraw this request?')
  await user.click(asked.getByRole('button', { name: 'Withdraw request' }))
  expect(await screen.findByText('Withdrawn', { selector: 'p' })).toBeVisible()
  expect(screen.queryByRole('button', { name: 'Post comment' })).toBeNull()
})

it('what others want as well cannot be taken back', async () => {
  await open({ supporters: 2, you: mine })
  await title('A mug for the left hand')
  expect(screen.queryByRole('button', { name: 'Withdraw request' })).toBeNull()
})

it('why it is not possible, and where it can be had, stands on it', async () => {
  const { client } = await open({ state: 'declined', decline_reason: 'The pottery closed.' })
  expect(await screen.findByText('The pottery closed.')).toBeVisible()
  expect(screen.queryByRole('button', { name: /Support/ })).toBeNull()
  act(() =>
    client.setQueryData(
      ['requests', 'one', REQUEST],
      request({ version: 9, state: 'fulfilled', sku: mug.sku }),
    ),
  )
  expect(await screen.findByRole('link', { name: 'Morning mug' })).toHaveAttribute(
    'href',
    `/products/${mug.sku}`,
  )
})

it('changes as the shop says, and never to something older', async () => {
  await open({ version: 5, you: mine })
  await title('A mug for the left hand')
  act(() => TestEventSource.say('request', request({ version: 6, state: 'planned', you: mine })))
  expect(await screen.findByText('Planned', { selector: 'p' })).toBeVisible()
  act(() => TestEventSource.say('request', request({ version: 4, state: 'submitted', you: mine })))
  expect(screen.getByText('Planned', { selector: 'p' })).toBeVisible()
})
