import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { ProblemError } from './problem'
import { Unanswered, untilAnswered } from './untilAnswered'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

const answered = { response: new Response(null, { status: 201 }), data: { id: 'o', version: 1 } }
const refused = (status: number, slug: string, headers: Record<string, string> = {}) => ({
  response: new Response(null, { status, headers }),
  error: { type: `/problems/${slug}`, status, detail: 'No.' },
})

/** Runs all pauses that come up. */
async function settled<Answer>(promise: Promise<Answer>): Promise<Answer> {
  promise.catch(() => {})
  await vi.runAllTimersAsync()
  return promise
}

it('sends again after a lost answer, a broken gateway and the same command on its way, under one key', async () => {
  const keys: string[] = []
  const answers = [
    () => Promise.reject(new TypeError('network')),
    () => Promise.resolve(refused(502, 'unavailable')),
    () => Promise.resolve(refused(409, 'idempotency-in-progress')),
    () => Promise.resolve(answered),
  ]
  const whileWaiting = vi.fn()
  const answer = await settled(
    untilAnswered(
      'the-key',
      ({ headers }) => {
        keys.push(headers['Idempotency-Key'])
        return (answers.shift() as () => Promise<typeof answered>)()
      },
      whileWaiting,
    ),
  )
  expect(answer).toEqual({ id: 'o', version: 1 })
  expect(keys).toEqual(['the-key', 'the-key', 'the-key', 'the-key'])
  expect(whileWaiting).toHaveBeenCalledTimes(3)
})

it('takes no for an answer at once', async () => {
  const send = vi.fn(() => Promise.resolve(refused(422, 'total-changed')))
  const promise = settled(untilAnswered('k', send))
  await expect(promise).rejects.toBeInstanceOf(ProblemError)
  expect(send).toHaveBeenCalledTimes(1)
})

it('gives up in the end, and says that nobody knows', async () => {
  const send = vi.fn(() => Promise.resolve(refused(503, 'unavailable')))
  await expect(settled(untilAnswered('k', send))).rejects.toMatchObject({ problem: { status: 503 } })
  await expect(settled(untilAnswered('k', send))).rejects.toBeInstanceOf(Unanswered)
})

it('waits as long as the server asks to', async () => {
  const answers = [refused(429, 'rate-limited', { 'retry-after': '4' }), answered]
  const promise = untilAnswered('k', () => Promise.resolve(answers.shift() ?? answered))
  await vi.advanceTimersByTimeAsync(3_900)
  expect(answers).toHaveLength(1)
  await vi.advanceTimersByTimeAsync(200)
  expect(answers).toHaveLength(0)
  await promise
})

it('tells at once whoever would have to wait for an hour', async () => {
  const send = vi.fn(() => Promise.resolve(refused(429, 'too-many-texts', { 'retry-after': '3600' })))
  await expect(settled(untilAnswered('k', send))).rejects.toMatchObject({
    problem: { slug: 'too-many-texts' },
  })
  expect(send).toHaveBeenCalledTimes(1)
})

it('does not sit out a pause once the connection is back', async () => {
  const answers = [Promise.reject(new TypeError('network')), Promise.resolve(answered)]
  const promise = untilAnswered('k', () => answers.shift() ?? Promise.resolve(answered))
  await vi.advanceTimersByTimeAsync(10)
  window.dispatchEvent(new Event('online'))
  await vi.advanceTimersByTimeAsync(10)
  await expect(promise).resolves.toEqual({ id: 'o', version: 1 })
})
