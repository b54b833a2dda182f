import { describe, expect, it } from 'vitest'
import { newerOrder } from '../../api/newerOrder'
import { eur, order, paid, parcel, payment } from '../../testing/orders'
import { bankAddress } from './bank'
import { canBeCancelled, canBeReturned, phaseOf } from './phase'

const unpaid = (state: Parameters<typeof payment>[0], attempt: Parameters<typeof payment>[1] = null) =>
  order({ payment: payment(state, attempt) })

describe('an order that is not paid', () => {
  it('waits for its payment, or for another card after a declined one', () => {
    expect(phaseOf(unpaid('awaiting'), false)).toBe('unpaid')
    expect(phaseOf(unpaid('awaiting', 'declined'), false)).toBe('declined')
    expect(phaseOf(unpaid('awaiting', 'voided'), false)).toBe('unpaid')
  })

  it('is being checked while its payment is on its way', () => {
    expect(phaseOf(unpaid('checking', 'started'), false)).toBe('checking')
    // The payment is heard of before the order.
    expect(phaseOf(unpaid('paid', 'captured'), false)).toBe('checking')
  })

  it('waits for the bank until the shopper is back from there', () => {
    expect(phaseOf(unpaid('action-required', 'action-required'), false)).toBe('bank')
    expect(phaseOf(unpaid('action-required', 'action-required'), true)).toBe('checking')
  })

  it('can be cancelled, but not while the bank decides', () => {
    expect(canBeCancelled(unpaid('awaiting'))).toBe(true)
    expect(canBeCancelled(unpaid('action-required', 'action-required'))).toBe(true)
    expect(canBeCancelled(unpaid('checking', 'started'))).toBe(false)
  })
})

describe('an order that is paid', () => {
  it('stands where it stands, also when somebody comes back from the bank again', () => {
    expect(phaseOf(paid(), true)).toBe('confirmed')
    expect(phaseOf(paid({ state: 'shipped' }), false)).toBe('shipped')
  })

  it('can be cancelled until something of it is sent, and returned from then on', () => {
    expect([canBeCancelled(paid()), canBeReturned(paid())]).toEqual([true, false])
    const sent = paid({ state: 'partially-shipped', shipments: [parcel()] })
    expect([canBeCancelled(sent), canBeReturned(sent)]).toEqual([false, true])
  })

  it('is returned while there is money to give back, and once more after a decline', () => {
    const sent = paid({ state: 'delivered', shipments: [parcel()] })
    const refunds = [{ id: 'refund-1', amount: eur(4890), state: 'requested' as const, reason: null }]
    expect(canBeReturned({ ...sent, payment: { ...sent.payment, refunds } })).toBe(false)
    const declined = (times: number) => ({
      ...sent,
      timeline: Array.from({ length: times }, () => ({ what: 'ReturnDeclined', at: '2026-03-05T10:00:00Z' })),
    })
    expect([canBeReturned(declined(1)), canBeReturned(declined(2))]).toEqual([true, false])
  })

  it('is returned once at a time', () => {
    const asked = (state: 'requested' | 'declined') =>
      paid({ state: 'delivered', return: { state, reason: 'damaged' } })
    expect(canBeReturned(asked('requested'))).toBe(false)
    expect(canBeReturned(asked('declined'))).toBe(true)
  })
})

it('nothing that is held is replaced by something older', () => {
  const held = order({ version: 3, payment_version: 4 })
  expect(newerOrder(held, order({ version: 2, payment_version: 4 }))).toBe(held)
  expect(newerOrder(held, order({ version: 3, payment_version: 3 }))).toBe(held)
  const next = order({ version: 3, payment_version: 5 })
  expect(newerOrder(held, next)).toBe(next)
  expect(newerOrder(null, next)).toBe(next)
})

describe('the way to the bank', () => {
  it('of the sandbox is a page of this shop, whichever name the shop was given', () => {
    const said = 'http://localhost:7400/sandbox/3-d-secure/ch_1#return=%2Forders%2F1'
    expect(bankAddress(said)).toEqual({ within: '/sandbox/3-d-secure/ch_1#return=%2Forders%2F1' })
  })

  it('of any other bank is an address of its own, and a safe one', () => {
    expect(bankAddress('https://hooks.stripe.com/3d_secure?id=1')).toEqual({
      outside: 'https://hooks.stripe.com/3d_secure?id=1',
    })
    expect(bankAddress('javascript:alert(1)')).toBeNull()
    expect(bankAddress('http://evil.example/')).toBeNull()
    expect(bankAddress('http://[')).toBeNull()
  })
})
