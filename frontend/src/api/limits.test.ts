import { afterEach, expect, it, vi } from 'vitest'
import { fetchInTime, isWorthAnotherTry } from './limits'
import { ProblemError } from './problem'

const answered = (status: number) =>
  new ProblemError({ status, slug: '', detail: '', retryAfterMs: null, violations: [] })

afterEach(() => vi.useRealTimers())

it('a request that nobody answers is given up, a command later than a question', async () => {
  const given: number[] = []
  vi.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => {
    given.push(ms)
    return AbortSignal.abort(new DOMException('too late', 'TimeoutError'))
  })
  const never: typeof fetch = (_, init) =>
    new Promise((_, reject) => {
      if (init?.signal?.aborted) reject(init.signal.reason as Error)
    })
  const asked = fetchInTime(never)
  await expect(asked('http://shop.test/a')).rejects.toMatchObject({ name: 'TimeoutError' })
  await expect(asked('http://shop.test/a', { method: 'POST' })).rejects.toMatchObject({
    name: 'TimeoutError',
  })
  expect(given).toEqual([15_000, 20_000])
})

it('whoever asked may give up earlier', async () => {
  const asking = new AbortController()
  let signal: AbortSignal | undefined
  void fetchInTime((_, init) => {
    signal = init?.signal ?? undefined
    return Promise.resolve(new Response())
  })('http://shop.test/a', { signal: asking.signal })
  expect(signal?.aborted).toBe(false)
  asking.abort()
  expect(signal?.aborted).toBe(true)
})

it('what may pass is tried again, and what takes long only once', () => {
  expect([0, 1, 2, 3].map((failures) => isWorthAnotherTry(failures, answered(502)))).toEqual([
    true,
    true,
    true,
    false,
  ])
  expect([0, 1].map((failures) => isWorthAnotherTry(failures, answered(504)))).toEqual([true, false])
  expect(isWorthAnotherTry(0, answered(404))).toBe(false)
  expect(isWorthAnotherTry(0, new DOMException('too late', 'TimeoutError'))).toBe(false)
  expect(isWorthAnotherTry(2, new TypeError('Failed to fetch'))).toBe(true)
})

it('nothing is tried again while the browser is offline: the page says so at once', () => {
  vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(false)
  expect(isWorthAnotherTry(0, new TypeError('Failed to fetch'))).toBe(false)
})
