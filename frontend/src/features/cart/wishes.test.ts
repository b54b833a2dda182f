import { describe, expect, it } from 'vitest'
import { arrived, emptyState, postponed, sent, shown, type CartCommand, type CartState } from './cartState'
import { cartDocument, lamp, mug } from './fixtures'
import { COALESCE_MS, undone, wished } from './wishes'

const NOW = 1_000_000
const MUG = mug().sku
const LAMP = lamp().sku

const withMug = (quantity = 1) => arrived(emptyState, cartDocument(2, [mug(quantity)]))
const set = (quantity: number, sku = MUG): CartCommand => ({ kind: 'set', sku, quantity })
const add = (quantity: number): CartCommand => ({ kind: 'add', lines: [lamp(quantity)] })
const remove = (sku: string): CartCommand => ({ kind: 'remove', sku })

/** Every wish under a key of its own: k1, k2, … */
function wishing(state: CartState, ...commands: CartCommand[]): CartState {
  return commands.reduce((now, command, place) => wished(now, command, `k${place + 1}`, NOW), state)
}
const commandsOf = (state: CartState) => state.pending.map(({ command }) => command)

describe('rapid clicks', () => {
  it('plus, plus, plus is one set of the quantity that is wanted in the end', () => {
    const state = wishing(withMug(), set(2), set(3), set(4))
    expect(commandsOf(state)).toEqual([set(4)])
    expect(state.pending[0]?.delivery).toMatchObject({ at: 'waiting', readyAt: NOW + COALESCE_MS })
  })

  it('plus and minus again is nothing', () => {
    expect(wishing(withMug(), set(2), set(1)).pending).toEqual([])
  })

  it('what is on its way is left alone, the next click follows it', () => {
    const state = wished(sent(wishing(withMug(), set(2)), 'k1'), set(3), 'k9', NOW)
    expect(commandsOf(state)).toEqual([set(2), set(3)])
  })

  it('a set that may or may not have arrived is replaced, for only the end counts', () => {
    const unsure = postponed(sent(wishing(withMug(), set(2)), 'k1'), 'k1', NOW, 'unknown')
    const state = wished(unsure, set(5), 'k9', NOW)
    expect(state.pending).toMatchObject([{ key: 'k9', command: set(5) }])
  })

  it('adding three times at once adds three', () => {
    expect(commandsOf(wishing(emptyState, add(1), add(1), add(1)))).toEqual([add(3)])
  })

  it('an add that may have arrived is never merged with: its key must stay', () => {
    const unsure = postponed(sent(wishing(emptyState, add(1)), 'k1'), 'k1', NOW, 'unknown')
    expect(commandsOf(wished(unsure, add(1), 'k9', NOW))).toEqual([add(1), add(1)])
  })

  it('adding to a line that is being set raises the set', () => {
    const state = arrived(emptyState, cartDocument(2, [lamp(1)]))
    expect(commandsOf(wishing(state, set(4, LAMP), add(2)))).toEqual([set(6, LAMP)])
  })

  it('lines do not get mixed up', () => {
    const state = arrived(emptyState, cartDocument(2, [mug(1), lamp(1)]))
    expect(commandsOf(wishing(state, set(2), set(7, LAMP), set(3)))).toEqual([set(3), set(7, LAMP)])
  })
})

describe('removing', () => {
  it('overtakes a set that has not been sent', () => {
    expect(commandsOf(wishing(withMug(), set(3), remove(MUG)))).toEqual([remove(MUG)])
  })

  it('of a thing that was never sent is nothing at all', () => {
    expect(wishing(withMug(), add(1), remove(LAMP)).pending).toEqual([])
  })

  it('of a thing whose add may have arrived follows it', () => {
    const unsure = postponed(sent(wishing(withMug(), add(1)), 'k1'), 'k1', NOW, 'no')
    expect(commandsOf(wished(unsure, remove(LAMP), 'k9', NOW))).toEqual([add(1), remove(LAMP)])
  })
})

describe('clearing', () => {
  it('makes everything unsent pointless', () => {
    expect(commandsOf(wishing(withMug(), set(5), add(2), { kind: 'clear' }))).toEqual([{ kind: 'clear' }])
  })

  it('an empty cart is nothing to send', () => {
    expect(wishing(emptyState, add(2), { kind: 'clear' }).pending).toEqual([])
  })
})

describe('undo', () => {
  it('takes back a removal that has not been sent', () => {
    const removed = wishing(withMug(3), remove(MUG))
    expect(undone(removed, [mug(3)], 'u', NOW).pending).toEqual([])
  })

  it('adds the line again when the removal is on its way', () => {
    const removed = sent(wishing(withMug(3), remove(MUG)), 'k1')
    const state = undone(removed, [mug(3)], 'u', NOW)
    expect(commandsOf(state)).toEqual([remove(MUG), { kind: 'add', lines: [mug(3)] }])
    expect(shown(state).itemCount).toBe(3)
  })

  it('of a removal that swallowed an unsent change puts back the quantity that was shown', () => {
    const removed = wishing(withMug(1), set(5), remove(MUG))
    expect(shown(undone(removed, [mug(5)], 'u', NOW)).itemCount).toBe(5)
  })

  it('of clearing a big cart sends as many lines in one command as the server takes', () => {
    const lines = Array.from({ length: 100 }, (_, place) => ({ ...mug(1), sku: `KIT-${place}` }))
    const state = undone(emptyState, lines, 'u', NOW)
    expect(commandsOf(state).map((command) => (command.kind === 'add' ? command.lines.length : 0))).toEqual([
      50, 50,
    ])
    expect(new Set(state.pending.map(({ key }) => key)).size).toBe(2)
  })
})
