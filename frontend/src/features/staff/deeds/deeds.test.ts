// The queue of what can still be taken back: every order in which its time, "Undo", leaving the page and answers can come.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ProblemError, type Problem } from '../../../api/problem'
import type { CommandAnswer } from '../../../api/types'
import { createDeeds, UNDO_MS, type Deeds, type Wish } from './deeds'
import { kept } from './keeping'

const answer: CommandAnswer = { id: 'o', version: 3, position: 9 }
const delivery = (shipment: string): Wish => ({ kind: 'delivery', order: 'o', shipment })

/** A shop that answers when it is told to. */
function shop() {
  const sent: { key: string; wish: Wish; settle: (with_: CommandAnswer | Error) => void }[] = []
  const send = (key: string, wish: Wish) =>
    new Promise<CommandAnswer>((resolve, reject) => {
      sent.push({ key, wish, settle: (with_) => (with_ instanceof Error ? reject(with_) : resolve(with_)) })
    })
  const show = vi.fn(() => Promise.resolve())
  return { sent, send, show, open: (account = 'ada') => createDeeds({ account, send, show }) }
}
const refusedWith = (status: number, detail: string) =>
  new ProblemError({ status, slug: 'no', detail, violations: [], retryAfterMs: null } as unknown as Problem)
const states = (deeds: Deeds) => deeds.current().map(({ state }) => state)
const first = (deeds: Deeds) => deeds.current()[0]?.key ?? ''

beforeEach(() => {
  vi.useFakeTimers()
  localStorage.clear()
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

describe('a deed', () => {
  it('is sent when its time is over, not before, and goes when the order shows it', async () => {
    const { open, sent, show } = shop()
    const deeds = open()
    deeds.add(delivery('s-1'), 'Delivered')
    await vi.advanceTimersByTimeAsync(UNDO_MS - 1)
    expect(sent).toEqual([])
    await vi.advanceTimersByTimeAsync(1)
    expect(sent).toMatchObject([{ wish: delivery('s-1') }])
    expect(states(deeds)).toEqual(['sending'])
    let isShown = () => {}
    show.mockReturnValueOnce(new Promise((resolve) => (isShown = resolve)))
    sent[0]?.settle(answer)
    await vi.advanceTimersByTimeAsync(0)
    expect(kept('ada')).toEqual([])
    expect(states(deeds)).toEqual(['sending'])
    isShown()
    await vi.advanceTimersByTimeAsync(0)
    expect(deeds.current()).toEqual([])
    expect(sent).toHaveLength(1)
  })

  it('that is undone in its last moment is never sent', async () => {
    const { open, sent } = shop()
    const deeds = open()
    const back = vi.fn()
    deeds.add(delivery('s-1'), 'Delivered', back)
    await vi.advanceTimersByTimeAsync(UNDO_MS - 1)
    expect(deeds.undo(first(deeds))).toBe(true)
    expect(back).toHaveBeenCalledOnce()
    deeds.sendAll()
    await vi.advanceTimersByTimeAsync(UNDO_MS * 10)
    expect(sent).toEqual([])
    expect(kept('ada')).toEqual([])
  })

  it('that is on its way is not undone', async () => {
    const { open, sent } = shop()
    const deeds = open()
    deeds.add(delivery('s-1'), 'Delivered')
    const key = first(deeds)
    await vi.advanceTimersByTimeAsync(UNDO_MS)
    expect(deeds.undo(key)).toBe(false)
    sent[0]?.settle(answer)
    await vi.advanceTimersByTimeAsync(0)
    expect(deeds.undo(key)).toBe(false)
    expect(sent).toHaveLength(1)
  })

  it('is sent at once when the page is left, and not again when its time is over or the page is left once more', async () => {
    const { open, sent } = shop()
    const deeds = open()
    deeds.add(delivery('s-1'), 'Delivered')
    await vi.advanceTimersByTimeAsync(UNDO_MS / 2)
    deeds.sendAll()
    expect(sent).toHaveLength(1)
    deeds.sendAll()
    await vi.advanceTimersByTimeAsync(UNDO_MS * 2)
    expect(sent).toHaveLength(1)
  })

  it('of a page that is hidden already does not wait', () => {
    vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden')
    const { open, sent } = shop()
    open().add(delivery('s-1'), 'Delivered')
    expect(sent).toHaveLength(1)
  })

  it('waits beside others: each has its own time, key and way back', async () => {
    const { open, sent } = shop()
    const deeds = open()
    deeds.add(delivery('s-1'), 'First')
    await vi.advanceTimersByTimeAsync(4_000)
    deeds.add(delivery('s-2'), 'Second')
    await vi.advanceTimersByTimeAsync(4_000)
    deeds.add(delivery('s-3'), 'Third')
    const [, second] = deeds.current()
    deeds.undo(second?.key ?? '')
    await vi.advanceTimersByTimeAsync(2_000)
    expect(sent.map(({ wish }) => wish)).toEqual([delivery('s-1')])
    deeds.sendAll()
    expect(sent.map(({ wish }) => wish)).toEqual([delivery('s-1'), delivery('s-3')])
    expect(new Set(sent.map(({ key }) => key)).size).toBe(2)
  })

  it('that is refused says why until it is put away, and gives back what was typed', async () => {
    const { open, sent } = shop()
    const deeds = open()
    const back = vi.fn()
    deeds.add(delivery('s-1'), 'Delivered', back)
    await vi.advanceTimersByTimeAsync(UNDO_MS)
    sent[0]?.settle(refusedWith(422, 'Nothing was changed: it was delivered before.'))
    await vi.advanceTimersByTimeAsync(0)
    expect(deeds.current()).toMatchObject([{ state: 'refused', trouble: 'It was delivered before.' }])
    expect(back).toHaveBeenCalledOnce()
    expect(kept('ada')).toEqual([])
    deeds.dismiss(first(deeds))
    expect(deeds.current()).toEqual([])
  })

  it('that was not answered is kept, and goes out again under its key', async () => {
    const { open, sent } = shop()
    const deeds = open()
    deeds.add(delivery('s-1'), 'Delivered')
    await vi.advanceTimersByTimeAsync(UNDO_MS)
    sent[0]?.settle(new Error('No network.'))
    await vi.advanceTimersByTimeAsync(0)
    expect(states(deeds)).toEqual(['unanswered'])
    expect(kept('ada')).toHaveLength(1)
    deeds.retry(first(deeds))
    expect(sent[1]?.key).toBe(sent[0]?.key)
    sent[1]?.settle(answer)
    await vi.advanceTimersByTimeAsync(0)
    expect(kept('ada')).toEqual([])
  })
})

describe('what a tab left over', () => {
  it('is sent by the next one, under the same key, once its time is over', async () => {
    const before = shop()
    before.open().add(delivery('s-1'), 'Delivered')
    // The tab was ended by force: its timers went with it.
    vi.clearAllTimers()
    const { open, sent } = shop()
    const [left] = kept('ada')
    open().adopt()
    await vi.advanceTimersByTimeAsync(UNDO_MS)
    expect(sent).toEqual([])
    await vi.advanceTimersByTimeAsync(UNDO_MS)
    expect(sent).toMatchObject([{ key: left?.key, wish: delivery('s-1') }])
    sent[0]?.settle(answer)
    await vi.advanceTimersByTimeAsync(0)
    expect(kept('ada')).toEqual([])
  })

  it('and takes back or sends itself meanwhile is not sent by another', async () => {
    const one = shop()
    const other = shop()
    const deeds = one.open()
    deeds.add(delivery('s-1'), 'First')
    deeds.add(delivery('s-2'), 'Second')
    other.open().adopt()
    deeds.undo(first(deeds))
    await vi.advanceTimersByTimeAsync(UNDO_MS)
    one.sent[0]?.settle(answer)
    await vi.advanceTimersByTimeAsync(UNDO_MS * 10)
    expect(one.sent.map(({ wish }) => wish)).toEqual([delivery('s-2')])
    expect(other.sent).toEqual([])
  })

  it('is nothing to another account', async () => {
    shop().open('ada').add(delivery('s-1'), 'Delivered')
    vi.clearAllTimers()
    const { open, sent } = shop()
    open('grace').adopt()
    await vi.advanceTimersByTimeAsync(UNDO_MS * 10)
    expect(sent).toEqual([])
  })

  it('is sent once the account is signed in again', async () => {
    const { open, sent } = shop()
    open().add(delivery('s-1'), 'Delivered')
    await vi.advanceTimersByTimeAsync(UNDO_MS)
    sent[0]?.settle(refusedWith(401, 'Your session ended.'))
    await vi.advanceTimersByTimeAsync(0)
    expect(kept('ada')).toHaveLength(1)
    const later = shop()
    later.open().adopt()
    await vi.advanceTimersByTimeAsync(UNDO_MS)
    expect(later.sent).toHaveLength(1)
  })
})
