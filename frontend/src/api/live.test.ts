import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { TestEventSource } from '../testing/live'
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
    again()
    expect(TestEventSource.open).toHaveLength(1)
  }
  leave()
  vi.useRealTimers()
})
