import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { TestEventSource } from '../testing/live'
import { FakeBrowser, FakeTab } from '../testing/tabs'
import { follow, renewStreams, resumeStreams } from './live'

beforeEach(() => vi.stubGlobal('EventSource', TestEventSource))
afterEach(() => {
  TestEventSource.open = []
})

it('followers of one address share one connection, until the last of them leaves', () => {
  const cart = vi.fn()
  const order = vi.fn()
  const leave = [follow('/live', { on: { cart } }), follow('/live', { on: { order } })]
  expect(TestEventSource.open.map(({ url }) => url)).toEqual(['/live'])
  TestEventSource.say('cart', { id: 1 })
  TestEventSource.say('order', { id: 2 })
  expect(cart.mock.calls).toEqual([[{ id: 1 }]])
  expect(order.mock.calls).toEqual([[{ id: 2 }]])
  leave[0]?.()
  expect(TestEventSource.open).toHaveLength(1)
  leave[1]?.()
  expect(TestEventSource.open).toHaveLength(0)
})

it('two followers of one event both hear it, once', () => {
  const [one, other] = [vi.fn(), vi.fn()]
  const leave = [follow('/live', { on: { order: one } }), follow('/live', { on: { order: other } })]
  TestEventSource.say('order', {})
  expect([one.mock.calls.length, other.mock.calls.length]).toEqual([1, 1])
  for (const go of leave) go()
})

it('says whether changes arrive by themselves, also to whoever joins later', () => {
  const first = vi.fn()
  const leave = [follow('/live', { on: {}, whenConnected: first })]
  TestEventSource.say('open')
  const second = vi.fn()
  leave.push(follow('/live', { on: {}, whenConnected: second }))
  expect(second.mock.calls).toEqual([[true]])
  TestEventSource.say('error')
  expect(first.mock.calls).toEqual([[false], [true], [false]])
  for (const go of leave) go()
})

it('a stream that is refused is asked for again, after longer each time, and at once by whoever is somebody else', () => {
  vi.useFakeTimers()
  const leave = follow('/live', { on: {} })
  const refuse = () => {
    for (const source of TestEventSource.open) source.readyState = TestEventSource.CLOSED
    TestEventSource.say('error')
    TestEventSource.open = []
  }
  for (const seconds of [2, 4, 8, 16, 32, 60, 60]) {
    refuse()
    vi.advanceTimersByTime(seconds * 1000 - 1)
    expect(TestEventSource.open).toHaveLength(0)
    vi.advanceTimersByTime(1)
    expect(TestEventSource.open).toHaveLength(1)
  }
  TestEventSource.say('open')
  refuse()
  vi.advanceTimersByTime(2000)
  expect(TestEventSource.open).toHaveLength(1)
  for (const again of [renewStreams, resumeStreams]) {
    refuse()
    again('ada')
    expect(TestEventSource.open).toHaveLength(1)
  }
  leave()
  vi.useRealTimers()
})

it('a follower that wants to hears what was said last', () => {
  const leave = [follow('/live', { on: {} })]
  TestEventSource.say('order', { id: 'x', version: 1 })
  TestEventSource.say('order', { id: 'x', version: 2 })
  const [late, other] = [vi.fn(), vi.fn()]
  leave.push(follow('/live', { on: { order: late }, hearsLatest: true }))
  leave.push(follow('/live', { on: { order: other } }))
  expect(late.mock.calls).toEqual([[{ id: 'x', version: 2 }]])
  expect(other).not.toHaveBeenCalled()
  for (const go of leave) go()
})

it('tabs find one another by their owner: whoever signs in or out begins anew among others', async () => {
  const { sharing } = new FakeTab(new FakeBrowser())
  const names: string[] = []
  const locks = { value: sharing.locks, configurable: true }
  Object.defineProperty(navigator, 'locks', locks)
  vi.stubGlobal('BroadcastChannel', function (name: string) {
    names.push(name)
    return sharing.openChannel(name)
  })
  const granted = () => vi.waitFor(() => expect(TestEventSource.open).toHaveLength(1))
  resumeStreams('ada')
  const cart = vi.fn()
  const leave = follow('/live', { on: { cart } })
  await granted()
  const [ofAda] = TestEventSource.open
  renewStreams('bob')
  await granted()
  expect(ofAda?.readyState).toBe(TestEventSource.CLOSED)
  renewStreams(null)
  await granted()
  expect(names.map((name) => name.split(' ').slice(1))).toEqual([
    ['ada', '/live'],
    ['bob', '/live'],
  ])
  TestEventSource.say('cart', { id: 'c' })
  expect(cart).toHaveBeenCalledTimes(1)
  leave()
  expect(TestEventSource.open).toEqual([])
  Reflect.deleteProperty(navigator, 'locks')
  vi.unstubAllGlobals()
})
