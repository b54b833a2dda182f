import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { loadNewBuild } from './newBuild'

const pageOf = (build: string) =>
  `<!doctype html><head><script type="module" src="/assets/index-${build}.js"></script></head>`

let served = ''
const reload = vi.fn()

beforeEach(() => {
  document.head.innerHTML = '<script type="module" src="/assets/index-old.js"></script>'
  vi.stubGlobal(
    'fetch',
    vi.fn(() => Promise.resolve(new Response(served))),
  )
  reload.mockClear()
})
afterEach(() => {
  document.head.innerHTML = ''
  vi.unstubAllGlobals()
})

it('a page of a build that is gone is loaded anew once', async () => {
  served = pageOf('new')
  expect(await loadNewBuild(reload)).toBe(true)
  // The same page again, as if the reload had brought the old one: never in a loop.
  expect(await loadNewBuild(reload)).toBe(false)
  expect(reload).toHaveBeenCalledTimes(1)
  served = pageOf('newer')
  expect(await loadNewBuild(reload)).toBe(true)
})

it('a page of the build that is served stays', async () => {
  served = pageOf('old')
  expect(await loadNewBuild(reload)).toBe(false)
  expect(reload).not.toHaveBeenCalled()
})

it('a shop that does not answer, or that answers with no page, is no new build', async () => {
  served = '<!doctype html>We are down'
  expect(await loadNewBuild(reload)).toBe(false)
  vi.stubGlobal('fetch', () => Promise.resolve(new Response(pageOf('new'), { status: 502 })))
  expect(await loadNewBuild(reload)).toBe(false)
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('Failed to fetch')))
  expect(await loadNewBuild(reload)).toBe(false)
})

it('a browser that remembers nothing is not loaded anew: nothing would end a loop', async () => {
  served = pageOf('new')
  vi.spyOn(Storage.prototype, 'setItem').mockImplementation(() => {
    throw new DOMException('full', 'QuotaExceededError')
  })
  expect(await loadNewBuild(reload)).toBe(false)
})
