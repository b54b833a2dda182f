// Whose session it is, for the whole page.
import { renderHook, waitFor, act } from '@testing-library/react'
import { http, HttpResponse } from 'msw'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { ADA, createRegistry, GUEST } from '../testing/accounts'
import { TestEventSource } from '../testing/live'
import { problem, server } from '../testing/shop'
import { follow } from './live'
import {
  beginSession,
  currentSession,
  followOtherTabs,
  onSessionChange,
  renewSession,
  signedIn,
  signedOut,
  useSession,
  type SessionChange,
} from './session'

beforeAll(() => server.listen({ onUnhandledRequest: 'error' }))
afterEach(() => server.resetHandlers())
afterAll(() => server.close())

const guest = { owner: GUEST, account: null }
const ada = { owner: ADA, account: { id: ADA, roles: ['shopper'], withheld_roles: [] } }

function asks(registry = createRegistry()) {
  server.use(...registry.handlers)
  return registry
}

const listening = () => {
  const heard: SessionChange[] = []
  const stop = onSessionChange((change) => heard.push(change))
  return { heard, stop }
}

it('everybody who needs a session waits for the same answer', async () => {
  const registry = asks()
  const both = await Promise.all([beginSession(), beginSession()])
  expect(both).toEqual([guest, guest])
  expect(registry.heard).toHaveLength(1)
})

it('a shop that did not answer is asked again by the next who needs it', async () => {
  const registry = asks()
  registry.instead = () => problem(503, 'overloaded', 'No.')
  await expect(beginSession()).rejects.toThrow('No.')
  registry.instead = () => undefined
  expect(await beginSession()).toEqual(guest)
})

it('an answer from before somebody signed in does not sign them out again', async () => {
  let answer: (() => void) | null = null
  server.use(
    http.post('*/api/commands/session', async () => {
      await new Promise<void>((resolve) => (answer = resolve))
      return HttpResponse.json(guest)
    }),
  )
  const late = beginSession()
  await vi.waitFor(() => expect(answer).not.toBeNull())
  signedIn(ada, null)
  ;(answer as (() => void) | null)?.()
  expect(await late).toEqual(ada)
  expect(currentSession()).toEqual(ada)
})

it('signing in and out is told to whoever listens, once each', async () => {
  asks()
  await beginSession()
  const { heard, stop } = listening()
  const merged = { cart: 'c', left_out: [] }
  signedIn(ada, merged)
  signedOut()
  expect(heard).toEqual([
    { before: guest, now: ada, merged, hasEnded: false },
    // It was asked for: nothing has ended under anybody's hands.
    { before: ada, now: null, merged: null, hasEnded: false },
  ])
  await waitFor(() =>
    expect(heard.at(-1)).toEqual({ before: null, now: guest, merged: null, hasEnded: false }),
  )
  await renewSession()
  expect(heard).toHaveLength(3)
  stop()
})

it('signing out counts at once, though the shop cannot be reached', async () => {
  const registry = asks(createRegistry({ isSignedIn: true }))
  await beginSession()
  registry.instead = () => problem(503, 'overloaded', 'No.')
  signedOut()
  expect(currentSession()).toBeNull()
})

it('another tab that signs in or out is followed', async () => {
  const registry = asks()
  await beginSession()
  const stop = followOtherTabs()
  const { result } = renderHook(() => useSession())
  registry.isSignedIn = true
  act(() => {
    window.dispatchEvent(new StorageEvent('storage', { key: 'cartwright.session-changed' }))
  })
  await waitFor(() => expect(result.current).toEqual(ada))
  stop()
  registry.isSignedIn = false
  window.dispatchEvent(new StorageEvent('storage', { key: 'cartwright.session-changed' }))
  expect(registry.heard).toHaveLength(2)
})

it('other tabs are told without a word of who it is', () => {
  asks()
  const told = vi.spyOn(Storage.prototype, 'setItem')
  signedIn(ada, null)
  expect(told).toHaveBeenCalledExactlyOnceWith('cartwright.session-changed', expect.any(String))
  expect(JSON.stringify(told.mock.calls)).not.toContain(ADA)
})

it('a role that came is told, and is the same person', async () => {
  asks(createRegistry({ isSignedIn: true }))
  await beginSession()
  const { heard, stop } = listening()
  server.resetHandlers()
  asks(createRegistry({ isSignedIn: true, roles: ['shopper', 'staff'] }))
  await renewSession()
  expect(heard).toHaveLength(1)
  expect(heard[0]?.before?.owner).toBe(heard[0]?.now?.owner)
  stop()
})

it('a stream that is refused asks whose session this is: one that ended elsewhere is noticed without a click', async () => {
  vi.stubGlobal('EventSource', TestEventSource)
  const registry = asks(createRegistry({ isSignedIn: true }))
  await beginSession()
  expect(currentSession()?.owner).toBe(ADA)
  const leave = follow('/live', { on: {} })
  registry.isSignedIn = false
  for (const source of TestEventSource.open) source.readyState = TestEventSource.CLOSED
  TestEventSource.say('error')
  await waitFor(() => expect(currentSession()).toEqual(guest), { timeout: 5000 })
  // A guest has nothing to lose: a browser that keeps no cookies would be given one session after the other.
  const asked = registry.heard.length
  vi.useFakeTimers()
  for (const source of TestEventSource.open) source.readyState = TestEventSource.CLOSED
  TestEventSource.say('error')
  await vi.advanceTimersByTimeAsync(10_000)
  vi.useRealTimers()
  expect(registry.heard).toHaveLength(asked)
  leave()
  vi.unstubAllGlobals()
})
