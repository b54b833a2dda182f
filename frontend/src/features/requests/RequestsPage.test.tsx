// The lists of requests: of all and one's own, waiting, filled, empty, failed, filtered, changing.
import { act, screen, waitFor, within } from '@testing-library/react'
import { HttpResponse } from 'msw'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { TestEventSource } from '../../testing/live'
import { createDesk, mug, OTHER, request } from '../../testing/requests'
import { problem, server } from '../../testing/shop'
import { press, user, visit } from './testing'

beforeAll(() => server.listen({ onUnhandledRequest: 'error' }))
beforeEach(() => vi.stubGlobal('EventSource', TestEventSource))
afterEach(() => {
  server.resetHandlers()
  TestEventSource.open = []
})
afterAll(() => server.close())

const list = async (name = 'Requests') => within(await screen.findByRole('list', { name }))
const asked = (desk: ReturnType<typeof createDesk>) =>
  desk.heard.filter(({ path }) => path.startsWith('/queries/requests')).map(({ path }) => path)

it('shows each request with how many want it, by its title or by its product', async () => {
  const desk = createDesk()
  desk.requests = [
    request({ supporters: 1_204 }),
    request({ id: OTHER, title: null, sku: mug.sku, supporters: 1 }),
  ]
  await visit(desk, '/requests')
  expect(await (await list()).findByRole('link', { name: 'A mug for the left hand' })).toBeVisible()
  expect(await screen.findByRole('link', { name: 'Morning mug' })).toBeVisible()
  expect(screen.getByText('1,204')).toBeVisible()
  expect(screen.getByText('1 person')).toBeInTheDocument()
  expect(screen.getByText('2 requests')).toBeVisible()
})

it('what somebody waits for is not listed for everybody', async () => {
  const desk = createDesk()
  desk.requests = [request(), request({ id: OTHER, kind: 'back_in_stock', title: null, sku: mug.sku })]
  await visit(desk, '/requests?kind=back_in_stock')
  expect(await (await list()).findByRole('link', { name: 'A mug for the left hand' })).toBeVisible()
  expect((await list()).getAllByRole('listitem')).toHaveLength(1)
})

it('support counts at once, and is the same after the shop answered', async () => {
  const desk = createDesk()
  desk.requests = [request({ supporters: 4 })]
  let answer = () => {}
  desk.instead = ({ method }) =>
    method === 'PUT'
      ? new Promise((resolve) => (answer = () => resolve(undefined as unknown as Response)))
      : undefined
  await visit(desk, '/requests')
  await user.click(await screen.findByRole('button', { name: /^Support this/ }))
  expect(screen.getByRole('button', { name: /^Supported/ })).toBeVisible()
  expect(screen.getByText('5 people')).toBeInTheDocument()
  answer()
  await waitFor(() => expect(asked(desk).at(-1)).toBe(`/queries/requests/${request().id}?min-version=4`))
  expect(screen.getByText('5 people')).toBeInTheDocument()
  desk.instead = () => undefined
  await press(/^Supported/)
  expect(await screen.findByText('4 people')).toBeInTheDocument()
})

it('support that is refused is taken back, with a reason', async () => {
  const desk = createDesk()
  desk.requests = [request({ supporters: 4 })]
  desk.instead = ({ method }) => (method === 'PUT' ? problem(422, 'request-ended', 'No.') : undefined)
  await visit(desk, '/requests')
  await user.click(await screen.findByRole('button', { name: /^Support this/ }))
  expect(await screen.findByText(/This request has ended in the meantime/)).toBeVisible()
  expect(screen.getByText('4 people')).toBeInTheDocument()
  expect(screen.getByRole('button', { name: /^Support this/, pressed: false })).toBeVisible()
})

it('a guest signs in first, and what they pressed is done when they come back', async () => {
  const desk = createDesk({ isSignedIn: false })
  desk.requests = [request()]
  const { at, unmount } = await visit(desk, '/requests?sort=newest')
  await user.click(await screen.findByRole('link', { name: /^Support this/ }))
  await waitFor(() => expect(at()).toBe('/sign-in?then=%2Frequests%3Fsort%3Dnewest'))
  unmount()
  desk.isSignedIn = true
  server.resetHandlers()
  const { forgetSession } = await import('../../api/session')
  forgetSession()
  await visit(desk, '/requests?sort=newest')
  expect(await screen.findByRole('button', { name: /^Supported/ })).toBeVisible()
  await waitFor(() => expect(desk.done()).toEqual([`PUT /requests/${request().id}/support`]))
})

it('what is filtered stands in the address and is asked of the shop', async () => {
  const desk = createDesk()
  desk.requests = [request()]
  const { at } = await visit(desk, '/requests')
  await list()
  await user.selectOptions(screen.getByRole('combobox', { name: 'Status' }), 'open')
  await user.selectOptions(screen.getByRole('combobox', { name: 'Sort by' }), 'Newest')
  await user.type(screen.getByRole('searchbox', { name: 'Search requests' }), 'mug')
  await waitFor(() => expect(at()).toBe('/requests?q=mug&stage=open&sort=newest'))
  await waitFor(() =>
    expect(asked(desk).at(-1)).toBe(
      '/queries/requests?kind=missing_product&sort=newest&q=mug&state=submitted&state=triaged&limit=20',
    ),
  )
})

it('a search without a match offers to ask for it', async () => {
  await visit(createDesk(), '/requests?q=unicorn')
  expect(await screen.findByText('No requests for “unicorn” yet')).toBeVisible()
  expect(screen.getByRole('link', { name: 'Request “unicorn”' })).toHaveAttribute(
    'href',
    '/requests/new?title=unicorn',
  )
  expect(screen.getByRole('link', { name: 'Show all requests' })).toHaveAttribute('href', '/requests')
})

it('more come when they are asked for, and are in the address', async () => {
  const desk = createDesk()
  desk.instead = ({ path }) => {
    if (!path.startsWith('/queries/requests?')) return undefined
    const isSecond = path.includes('cursor=second')
    const { id } = request()
    const one = isSecond ? request({ id: OTHER, title: 'The second' }) : request({ id, title: 'The first' })
    return HttpResponse.json({ requests: [one], next: isSecond ? null : 'second', total: 2, states: {} })
  }
  const { at } = await visit(desk, '/requests')
  await screen.findByRole('link', { name: 'The first' })
  await press('Show more')
  expect(await screen.findByRole('link', { name: 'The second' })).toBeVisible()
  expect(at()).toBe('/requests?pages=2')
})

it('keeps places while they are asked for, and asks again where they did not load', async () => {
  const desk = createDesk()
  let isDown = true
  desk.instead = ({ path }) =>
    isDown && path.startsWith('/queries/requests') ? problem(503, 'unavailable', 'No.') : undefined
  await visit(desk, '/requests')
  expect(await screen.findByText('The requests did not load')).toBeVisible()
  isDown = false
  await press('Try again')
  expect(await screen.findByText('No requests here yet')).toBeVisible()
})

it('one’s own say what one has to do with them, and change as the shop says', async () => {
  const desk = createDesk()
  desk.requests = [
    request({ you: { customer: true, supports: true, follows: true } }),
    request({ id: OTHER, title: 'A kettle', you: { customer: false, supports: true, follows: false } }),
  ]
  await visit(desk, '/account/requests')
  expect(await screen.findByText('You requested it, you get updates.')).toBeVisible()
  expect(screen.getByText('You support it, you get no updates.')).toBeVisible()
  desk.requests = [request({ version: 4, state: 'planned' })]
  act(() => TestEventSource.say('request', desk.requests[0]))
  expect(await screen.findByText(/Product suggestion · Planned/)).toBeVisible()
})
