// One stream for all tabs: who has it, who hears it, and what happens when the tab that has it goes, freezes or comes back.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { FakeBrowser, FakeTab } from '../testing/tabs'
import { joinShared, sharingOf } from './liveShared'
import type { Ears, Line } from './liveSource'

interface Opened {
  ears: Ears
  isOpen: boolean
  resumed: number
}

let browser: FakeBrowser
/** Every stream that was opened, by any tab. */
let opened: Opened[]
const open = () => opened.filter(({ isOpen }) => isOpen)

beforeEach(() => {
  vi.useFakeTimers()
  // By its first digits a tab is more or less patient: here all are the same.
  let tabs = 0
  vi.spyOn(crypto, 'randomUUID').mockImplementation(() => `0000-0-0-0-${(tabs += 1)}`)
  browser = new FakeBrowser()
  opened = []
})
afterEach(() => vi.useRealTimers())

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

function openTab(name = 'of Ada') {
  const tab = new FakeTab(browser)
  const heard: [string, unknown][] = []
  const seen = { connected: false, refused: 0 }
  const open = (ears: Ears): Line => {
    const stream: Opened = { ears, isOpen: true, resumed: 0 }
    opened.push(stream)
    return {
      resume: () => (stream.resumed += 1),
      renew: () => {},
      stop: () => {
        stream.isOpen = false
        ears.connected(false)
      },
    }
  }
  const ears: Ears = {
    hear: (what, data) => heard.push([what, data]),
    connected: (now) => (seen.connected = now),
    refused: () => (seen.refused += 1),
  }
  const line = joinShared(name, open, ears, tab.sharing)
  return { tab, heard, seen, line }
}

/** The stream that is open says something. */
function tell(name: string, data: unknown, by = open()[0]) {
  by?.ears.hear(name, data)
}

describe('several tabs', () => {
  it('have one stream, and all hear it', async () => {
    const tabs = [openTab(), openTab(), openTab()]
    await pass(0)
    expect(opened).toHaveLength(1)
    open()[0]?.ears.connected(true)
    tell('cart', { id: 'a', version: 1 })
    for (const { heard, seen } of tabs) {
      expect(heard).toEqual([['cart', { id: 'a', version: 1 }]])
      expect(seen.connected).toBe(true)
    }
  })

  it('go on with it for as long as it is quiet', async () => {
    openTab()
    openTab()
    await pass(10 * 60_000)
    expect(opened).toHaveLength(1)
  })

  it('of another name have their own', async () => {
    const ada = openTab('of Ada')
    const bob = openTab('of Bob')
    await pass(0)
    expect(open()).toHaveLength(2)
    tell('cart', { id: 'b' }, open()[1])
    expect(ada.heard).toEqual([])
    expect(bob.heard).toHaveLength(1)
  })

  it('a tab that comes later is told the newest of each thing', async () => {
    openTab()
    await pass(0)
    open()[0]?.ears.connected(true)
    tell('cart', { id: 'a', version: 1 })
    tell('cart', { id: 'a', version: 2 })
    tell('order', { id: 'x', version: 4 })
    tell('order', { id: 'y', version: 1 })
    tell('offers', { products: [] })
    const late = openTab()
    await pass(0)
    expect(late.seen.connected).toBe(true)
    expect(late.heard).toEqual([
      ['cart', { id: 'a', version: 2 }],
      ['order', { id: 'x', version: 4 }],
      ['order', { id: 'y', version: 1 }],
      ['offers', { products: [] }],
    ])
  })

  it('all learn that the stream is refused, and one that has a session now opens it again', async () => {
    const tabs = [openTab(), openTab()]
    await pass(0)
    open()[0]?.ears.refused()
    expect(tabs.map(({ seen }) => seen.refused)).toEqual([1, 1])
    tabs[1]?.line.resume()
    expect(open()[0]?.resumed).toBe(1)
  })
})

describe('the tab that has the stream', () => {
  it('hands it over when it goes, and nothing is heard twice', async () => {
    const first = openTab()
    const second = openTab()
    await pass(0)
    first.line.stop()
    await pass(0)
    expect(opened.map(({ isOpen }) => isOpen)).toEqual([false, true])
    tell('cart', { id: 'a' })
    expect(second.heard).toHaveLength(1)
    expect(first.heard).toHaveLength(0)
  })

  it('that goes in the moment in which it is given the lock leaves it to the next', async () => {
    const first = openTab()
    first.line.stop()
    const second = openTab()
    await pass(0)
    expect(open()).toHaveLength(1)
    tell('cart', { id: 'a' })
    expect(second.heard).toHaveLength(1)
  })

  it('when it is frozen, another one takes over within two beats and a margin', async () => {
    const stuck = openTab()
    const others = [openTab(), openTab()]
    await pass(1_000)
    open()[0]?.ears.connected(true)
    stuck.tab.freeze()
    await pass(11_999)
    expect(opened).toHaveLength(1)
    expect(others[0]?.seen.connected).toBe(true)
    await pass(5_000)
    // The frozen one's own still stands: it cannot close it.
    expect(open()).toHaveLength(2)
    tell('cart', { id: 'a' }, open()[1])
    for (const { heard } of others) expect(heard).toEqual([['cart', { id: 'a' }]])
  })

  it('when it thaws, it closes its stream, and what it says late is not heard', async () => {
    const stuck = openTab()
    const others = [openTab(), openTab()]
    await pass(0)
    const old = open()[0]
    stuck.tab.freeze()
    tell('offers', { products: ['old'] }, old)
    await pass(15_000)
    tell('offers', { products: ['new'] }, open()[1])
    stuck.tab.thaw()
    tell('offers', { products: ['older'] }, old)
    await pass(0)
    expect(open()).toHaveLength(1)
    for (const { heard } of others) expect(heard).toEqual([['offers', { products: ['new'] }]])
    // It follows like any other tab now.
    tell('cart', { id: 'a' })
    expect(stuck.heard.at(-1)).toEqual(['cart', { id: 'a' }])
  })

  it('that thaws while it is asked who is there is not believed for long', async () => {
    const stuck = openTab()
    openTab()
    await pass(0)
    stuck.tab.freeze()
    await pass(15_000)
    const late = openTab()
    stuck.tab.thaw()
    await pass(15_000)
    tell('cart', { id: 'a' })
    expect(open()).toHaveLength(1)
    expect(late.heard.at(-1)).toEqual(['cart', { id: 'a' }])
  })

  it('two tabs that take the lock at once end with one stream', async () => {
    const stuck = openTab()
    const others = [openTab(), openTab(), openTab()]
    await pass(0)
    stuck.tab.freeze()
    browser.isSlow = true
    await pass(12_000)
    browser.deliver()
    browser.isSlow = false
    stuck.tab.thaw()
    await pass(1_000)
    expect(open()).toHaveLength(1)
    tell('cart', { id: 'a' })
    for (const { heard } of [stuck, ...others]) expect(heard).toEqual([['cart', { id: 'a' }]])
  })
})

it('a tab that was frozen itself takes nothing away from one that is well', async () => {
  openTab()
  const frozen = openTab()
  await pass(1_000)
  frozen.tab.freeze()
  // Its timer fires with the first tick after the thaw, long after it was due.
  vi.setSystemTime(Date.now() + 60_000)
  await pass(12_000)
  frozen.tab.thaw()
  await pass(5_000)
  expect(opened).toHaveLength(1)
})

it('a browser that refuses locks has a stream in each tab', async () => {
  const { sharing } = new FakeTab(browser)
  const locks = { request: () => Promise.reject(new DOMException('no', 'SecurityError')) }
  const heard: unknown[] = []
  const ears: Ears = { hear: (_, data) => heard.push(data), connected: () => {}, refused: () => {} }
  const source = vi.fn((all: Ears) => {
    all.hear('cart', 1)
    return { resume: () => {}, renew: () => {}, stop: () => {} }
  })
  joinShared('of Ada', source, ears, { ...sharing, locks })
  await pass(60_000)
  expect(source).toHaveBeenCalledTimes(1)
  expect(heard).toEqual([1])
})

it('a browser without locks or channels shares nothing', () => {
  const browserWith = (parts: object) => parts as unknown as Window & typeof globalThis
  expect(sharingOf(browserWith({ navigator: {}, BroadcastChannel: () => {} }))).toBeNull()
  expect(sharingOf(browserWith({ navigator: { locks: {} } }))).toBeNull()
})
