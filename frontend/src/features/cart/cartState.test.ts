import { describe, expect, it } from 'vitest'
import {
  answered,
  arrived,
  arrivedNone,
  awaitedVersion,
  checkedOut,
  connectivity,
  emptyState,
  expired,
  fetchedBack,
  forgot,
  isExpired,
  nextToSend,
  offersArrived,
  postponed,
  refused,
  renewed,
  sent,
  shown,
  type CartState,
} from './cartState'
import { CART, cartDocument, mug, eur, lamp } from './fixtures'
import { wished } from './wishes'

const NOW = 1_000_000

/** A shopper with one mug in the cart, at version 2. */
const withMug = () => arrived(emptyState, cartDocument(2, [mug(1)]))
const adding = (state: CartState, key: string) => wished(state, { kind: 'add', lines: [lamp(1)] }, key, NOW)
const setting = (state: CartState, quantity: number, key: string) =>
  wished(state, { kind: 'set', sku: mug().sku, quantity }, key, NOW)
const quantities = (state: CartState) =>
  Object.fromEntries(shown(state).lines.map(({ sku, quantity }) => [sku, quantity]))

describe('what the shopper sees', () => {
  it('is nothing certain until the server has answered', () => {
    expect(shown(emptyState).loaded).toBe(false)
    expect(shown(arrivedNone(emptyState))).toMatchObject({ loaded: true, lines: [], itemCount: 0 })
  })

  it('is the document when nothing is pending', () => {
    expect(shown(withMug())).toMatchObject({ itemCount: 1, settling: 'settled', subtotal: eur(2200) })
  })

  it('holds an added line at once, with its price, before anybody has answered', () => {
    const cart = shown(adding(withMug(), 'k'))
    expect(cart).toMatchObject({ itemCount: 2, settling: 'updating', subtotal: eur(2200 + 14500) })
    expect(cart.lines.map(({ settling }) => settling)).toEqual(['settled', 'updating'])
  })

  it('keeps the price of the first add when more of the same is added', () => {
    const state = wished(withMug(), { kind: 'add', lines: [{ ...mug(2), unit_price: eur(9900) }] }, 'k', NOW)
    expect(shown(state)).toMatchObject({ itemCount: 3, subtotal: eur(3 * 2200) })
  })

  it('follows every change in the order in which it was asked for', () => {
    const state = [
      (now: CartState) => adding(now, 'a'),
      (now: CartState) => wished(sent(now, 'a'), { kind: 'remove', sku: lamp().sku }, 'b', NOW),
      (now: CartState) => wished(sent(now, 'b'), { kind: 'add', lines: [lamp(4)] }, 'c', NOW),
    ].reduce((now, step) => step(now), withMug())
    expect(quantities(state)).toEqual({ [mug().sku]: 1, [lamp().sku]: 4 })
  })

  it('is empty after clearing, and what is added later stays', () => {
    const cleared = wished(withMug(), { kind: 'clear' }, 'a', NOW)
    expect(shown(cleared).lines).toEqual([])
    expect(quantities(adding(cleared, 'b'))).toEqual({ [lamp().sku]: 1 })
  })
})

describe('answers', () => {
  it('leave the change in place until a document shows it', () => {
    const state = answered(sent(setting(withMug(), 5, 'k'), 'k'), 'k', { id: CART, version: 3 })
    expect(quantities(state)).toEqual({ [mug().sku]: 5 })
    expect(awaitedVersion(state)).toBe(3)
    const confirmed = arrived(state, cartDocument(3, [mug(5)]))
    expect(confirmed.pending).toEqual([])
    expect(awaitedVersion(confirmed)).toBeNull()
    expect(shown(confirmed).settling).toBe('settled')
  })

  it('to a change that the document already shows settle it', () => {
    const seen = arrived(sent(setting(withMug(), 5, 'k'), 'k'), cartDocument(3, [mug(5)]))
    expect(answered(seen, 'k', { id: CART, version: 3 }).pending).toEqual([])
  })

  it('to a first add name the cart that was opened', () => {
    const state = answered(sent(adding(arrivedNone(emptyState), 'k'), 'k'), 'k', { id: CART, version: 2 })
    expect(state.cartId).toBe(CART)
    expect(quantities(state)).toEqual({ [lamp().sku]: 1 })
  })
})

describe('documents', () => {
  it('older than the held version are dropped', () => {
    const held = arrived(emptyState, cartDocument(7, [mug(3)]))
    expect(arrived(held, cartDocument(6, [mug(1)]))).toBe(held)
  })

  it('of an earlier cart are dropped, of a later one taken', () => {
    const held = arrived(emptyState, cartDocument(7, [mug(3)]))
    expect(arrived(held, cartDocument(9, [], '01900000-0000-7000-8000-000000000000'))).toBe(held)
    const later = cartDocument(1, [], '01a99999-0000-7000-8000-000000000000')
    expect(arrived(held, later)).toMatchObject({ document: later, cartId: later.id })
  })

  it('that may hold an unanswered add wait for its answer, so that nothing counts twice', () => {
    const asked = sent(adding(withMug(), 'k'), 'k')
    const early = arrived(asked, cartDocument(3, [mug(1), lamp(1)]))
    expect(quantities(early)).toEqual({ [mug().sku]: 1, [lamp().sku]: 1 })
    const settled = answered(early, 'k', { id: CART, version: 3 })
    expect(settled).toMatchObject({ pending: [], heldBack: null })
    expect(quantities(settled)).toEqual({ [mug().sku]: 1, [lamp().sku]: 1 })
  })

  it('that were held back are shown when the add is refused', () => {
    const asked = sent(adding(withMug(), 'k'), 'k')
    const early = arrived(asked, cartDocument(3, [mug(9)]))
    expect(quantities(refused(early, 'k'))).toEqual({ [mug().sku]: 9 })
  })

  it('from another tab do not undo what this one has asked for since', () => {
    const state = arrived(sent(setting(withMug(), 5, 'k'), 'k'), cartDocument(3, [mug(1), lamp(2)]))
    expect(quantities(state)).toEqual({ [mug().sku]: 5, [lamp().sku]: 2 })
  })

  it('newer than our answer win over what we asked for', () => {
    const state = answered(sent(setting(withMug(), 5, 'k'), 'k'), 'k', { id: CART, version: 3 })
    expect(quantities(arrived(state, cartDocument(4, [mug(8)])))).toEqual({ [mug().sku]: 8 })
  })
})

describe('refusals', () => {
  it('roll the change back to what the server last said', () => {
    expect(shown(refused(sent(setting(withMug(), 5, 'k'), 'k'), 'k'))).toEqual(shown(withMug()))
  })

  it('take later changes of a line with them that never came to be', () => {
    const added = sent(adding(withMug(), 'a'), 'a')
    const changed = wished(added, { kind: 'set', sku: lamp().sku, quantity: 7 }, 'b', NOW)
    expect(refused(changed, 'a').pending).toEqual([])
  })

  it('leave changes of other lines alone', () => {
    const state = setting(sent(adding(withMug(), 'a'), 'a'), 4, 'b')
    expect(quantities(refused(state, 'a'))).toEqual({ [mug().sku]: 4 })
  })
})

describe('sending', () => {
  it('goes one after another', () => {
    const state = setting(adding(withMug(), 'a'), 3, 'b')
    expect(nextToSend(state)?.key).toBe('a')
    expect(nextToSend(sent(state, 'a'))).toBeUndefined()
    expect(nextToSend(answered(sent(state, 'a'), 'a', { id: CART, version: 3 }))?.key).toBe('b')
  })

  it('rests while offline, and the change is shown as waiting', () => {
    const state = connectivity(adding(withMug(), 'a'), false)
    expect(nextToSend(state)).toBeUndefined()
    expect(shown(state).settling).toBe('waiting')
    expect(nextToSend(connectivity(state, true))?.key).toBe('a')
  })

  it('tries a postponed command again, under the same key', () => {
    const state = postponed(sent(adding(withMug(), 'a'), 'a'), 'a', NOW + 500, 'unknown')
    expect(nextToSend(state)).toMatchObject({ key: 'a', delivery: { at: 'unsure', readyAt: NOW + 500 } })
    expect(shown(state).settling).toBe('waiting')
  })

  it('begins anew in another cart when the held one is gone', () => {
    const state = renewed(forgot(sent(adding(withMug(), 'a'), 'a')), 'a', 'b')
    expect(state).toMatchObject({ cartId: null, document: null })
    expect(nextToSend(state)?.key).toBe('b')
    expect(quantities(state)).toEqual({ [lamp().sku]: 1 })
  })
})

describe('offers', () => {
  const offer = (version: number, minor: number) => ({
    sku: mug().sku,
    price: eur(minor),
    available: 4,
    availability: 'low' as const,
    listed: true,
    version,
  })

  it('are replaced by newer ones and not by older ones', () => {
    const state = offersArrived(offersArrived(emptyState, [offer(3, 2400)]), [offer(2, 2200)])
    expect(state.offers[mug().sku]?.price).toEqual(eur(2400))
    expect(offersArrived(state, [offer(4, 2600)]).offers[mug().sku]?.price).toEqual(eur(2600))
  })
})

describe('a cart that became an order', () => {
  const ordered = () => checkedOut(withMug(), { id: CART, version: 2 }, null)

  it('is empty at once, and no late document shows it again', () => {
    expect(shown(ordered())).toMatchObject({
      id: null,
      itemCount: 0,
      loaded: true,
      becameOrder: { order: null },
    })
    expect(shown(arrived(ordered(), cartDocument(2, [mug(1)])))).toMatchObject({ itemCount: 0 })
  })

  it('is seen from the document too, when it was checked out in another tab', () => {
    const document = { ...cartDocument(3, [mug(1)]), state: 'checked-out' as const, order: 'o' }
    expect(shown(arrived(withMug(), document))).toMatchObject({ itemCount: 0, becameOrder: { order: 'o' } })
  })

  it('takes its answered commands with it, but not what is still to be sent', () => {
    const state = adding(answered(sent(setting(withMug(), 4, 's'), 's'), 's', { id: CART, version: 3 }), 'a')
    expect(checkedOut(state, { id: CART, version: 2 }, null).pending.map(({ key }) => key)).toEqual(['a'])
  })

  it('comes back when its order was cancelled unpaid', () => {
    expect(shown(arrived(ordered(), cartDocument(4, [mug(1)])))).toMatchObject({ id: CART, itemCount: 1 })
  })

  it('comes back also over a later cart that is empty, but not over one with something in it', () => {
    const givenBack = cartDocument(4, [mug(1)])
    const later = (lines = [lamp(1)]) => cartDocument(1, lines, '01a20520-0000-7000-8000-000000000009')
    expect(shown(arrived(arrived(ordered(), later([])), givenBack))).toMatchObject({ id: CART, itemCount: 1 })
    expect(quantities(arrived(arrived(ordered(), later()), givenBack))).toEqual({ [lamp().sku]: 1 })
  })

  it('of somebody who has another one already changes nothing', () => {
    expect(quantities(checkedOut(withMug(), { id: 'another', version: 9 }, null))).toEqual({ [mug().sku]: 1 })
  })
})

describe('an expired cart', () => {
  it('shows what is in it, and is open again when the server fetched it back', () => {
    const away = arrived(withMug(), { ...cartDocument(3, [mug(1)]), state: 'expired' })
    expect(isExpired(away)).toBe(true)
    const back = fetchedBack(away, { id: CART, version: 4 })
    expect(isExpired(back)).toBe(false)
    expect(shown(back)).toMatchObject({ id: CART, version: 4, itemCount: 1, restored: true })
  })

  it('gives way to the cart that was begun meanwhile', () => {
    const back = fetchedBack(expired(withMug()), { id: 'another', version: 1 })
    expect(back).toMatchObject({ cartId: 'another', document: null, restored: false })
  })
})
