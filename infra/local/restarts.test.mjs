import assert from 'node:assert/strict'
import test from 'node:test'
import { newRestartRule } from './restarts.mjs'

const SECOND = 1000

test('the wait doubles with each end within a minute, up to ten seconds, and the sixth end is the last', () => {
  const rule = newRestartRule()
  const waits = [0, 2, 5, 10, 20, 35].map((at) => {
    rule.becameHealthy()
    return rule.afterEnd(at * SECOND)
  })
  assert.deepEqual(waits, [1000, 2000, 4000, 8000, 10_000, null])
})

test('a service that ends once in a while is started again after a second, however often that happens', () => {
  const rule = newRestartRule()
  for (let minute = 0; minute < 100; minute += 1) {
    assert.equal(rule.afterEnd(minute * 61 * SECOND), 1000)
    rule.becameHealthy()
  }
})

test('a service that takes long to fail is given up as well, if it never becomes healthy', () => {
  const rule = newRestartRule()
  const waits = [0, 50, 100, 150, 200, 250].map((at) => rule.afterEnd(at * SECOND))
  assert.deepEqual(waits, [1000, 2000, 4000, 8000, 10_000, null])
})
