// "Tell me when it's back", on the page of what is sold out.
import { screen, waitFor } from '@testing-library/react'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { forgetSession } from '../../api/session'
import { TestEventSource } from '../../testing/live'
import { createDesk, mug, REQUEST, request } from '../../testing/requests'
import { problem, server } from '../../testing/shop'
import { press, user, visit } from './testing'

beforeAll(() => server.listen({ onUnhandledRequest: 'error' }))
beforeEach(() => vi.stubGlobal('EventSource', TestEventSource))
afterEach(() => {
  server.resetHandlers()
  TestEventSource.open = []
})
afterAll(() => server.close())

const HERE = `/products/${mug.sku}`
const tell = 'Tell me when it’s back'
const waiting = (follows: boolean) =>
  request({
    kind: 'back_in_stock',
    title: null,
    sku: mug.sku,
    you: { customer: false, supports: follows, follows },
  })

it('one press, and it is said how one will be told; and it can be undone', async () => {
  const desk = createDesk()
  await visit(desk, HERE)
  await user.click(await screen.findByRole('button', { name: tell }))
  expect(await screen.findByText('We’ll tell you when it is back.')).toBeVisible()
  expect(screen.getByText(/In your inbox here, and by e-mail/)).toBeVisible()
  expect(desk.heard.find(({ path }) => path === '/commands/requests')?.body).toEqual({
    kind: 'back_in_stock',
    sku: mug.sku,
  })
  await press(/^Undo/)
  expect(await screen.findByRole('button', { name: tell })).toBeVisible()
  expect(desk.done()).toEqual(['POST /requests', `DELETE /requests/${REQUEST}/subscription`])
})

it('whoever waits already is told so, and not asked again', async () => {
  const desk = createDesk()
  desk.requests = [waiting(true)]
  await visit(desk, HERE)
  expect(await screen.findByText('We’ll tell you when it is back.')).toBeVisible()
  expect(screen.queryByRole('button', { name: tell })).toBeNull()
})

it('a guest signs in first, and is told then', async () => {
  const desk = createDesk({ isSignedIn: false })
  const { at, router, unmount } = await visit(desk, HERE)
  await user.click(await screen.findByRole('link', { name: tell }))
  await waitFor(() => expect(at()).toBe(`/sign-in?then=${encodeURIComponent(HERE)}`))
  expect(router.state.location.state).toEqual({ why: 'be told when Morning mug is back' })
  unmount()
  desk.isSignedIn = true
  forgetSession()
  await visit(desk, HERE)
  expect(await screen.findByText('We’ll tell you when it is back.')).toBeVisible()
  expect(desk.done()).toEqual(['POST /requests'])
})

it('nobody is signed up by coming to the page alone', async () => {
  const desk = createDesk()
  await visit(desk, HERE)
  await screen.findByRole('button', { name: tell })
  expect(desk.done()).toEqual([])
})

it('what came back in that moment can be bought', async () => {
  const desk = createDesk()
  desk.instead = ({ path }) =>
    path === '/commands/requests' ? problem(422, 'request-in-stock', 'No.') : undefined
  await visit(desk, HERE)
  await user.click(await screen.findByRole('button', { name: tell }))
  expect(await screen.findByText(/This product is already in stock: you can buy it now/)).toBeVisible()
})

it('it can be asked for though the list of who waits does not load', async () => {
  const desk = createDesk()
  desk.instead = ({ path }) =>
    path.startsWith('/queries/requests?') ? problem(503, 'unavailable', 'No.') : undefined
  await visit(desk, HERE)
  expect(await screen.findByRole('button', { name: tell })).toBeVisible()
})
