import { describe, expect, it } from 'vitest'
import { eur, quote, quotedMug, totals } from '../../testing/orders'
import { agreedTo, differences, needsChange, nothingAgreed } from './differences'

const agreed = agreedTo(quote(), 'DE')
const dearer = quote({
  lines: [quotedMug({ unit_price: eur(2350), line_total: eur(4700), previous_price: eur(2200) })],
  totals: totals(4700),
})

describe('what changed since the shopper agreed', () => {
  it('is nothing in a cart that costs what it cost when it was filled', () => {
    expect(differences(quote(), nothingAgreed, 'DE')).toEqual([])
    expect(differences(quote(), agreed, 'DE')).toEqual([])
  })

  it('is a price that changed since the thing was put into the cart', () => {
    expect(differences(dearer, nothingAgreed, 'DE')).toEqual([
      { kind: 'price', sku: 'KIT-MUG-STONE', name: 'Morning mug', before: eur(2200), now: eur(2350) },
    ])
  })

  it('is nothing any more once the new price was agreed to', () => {
    expect(differences(dearer, agreedTo(dearer, 'DE'), 'DE')).toEqual([])
  })

  it('counts from what was agreed to, not from the price in the cart', () => {
    const backAgain = differences(quote(), agreedTo(dearer, 'DE'), 'DE')
    expect(backAgain).toMatchObject([{ kind: 'price', before: eur(2350), now: eur(2200) }])
  })

  it('is a price that changed during the checkout', () => {
    const now = quote({ lines: [quotedMug({ unit_price: eur(2100), previous_price: eur(2200) })] })
    expect(differences(now, agreed, 'DE')).toMatchObject([{ before: eur(2200), now: eur(2100) }])
  })

  it('is a thing of which there are too few, or none, or that is not sold any more', () => {
    const short = (available: number) =>
      quote({ lines: [quotedMug({ trouble: { what: 'out-of-stock', available } })] })
    expect(differences(short(1), agreed, 'DE')).toMatchObject([{ kind: 'short', wanted: 2, available: 1 }])
    expect(differences(short(-3), agreed, 'DE')).toMatchObject([{ kind: 'short', available: 0 }])
    const gone = quote({ lines: [quotedMug({ trouble: { what: 'delisted' }, previous_price: eur(1) })] })
    expect(differences(gone, agreed, 'DE')).toMatchObject([{ kind: 'gone' }])
  })

  it('is a code that takes nothing off any more', () => {
    const refused = { problem: 'code-expired', detail: 'the discount code SPRING has expired' }
    const now = quote({ code: { code: 'SPRING', refused } })
    expect(differences(now, agreed, 'DE')).toMatchObject([{ kind: 'code', code: 'SPRING' }])
  })

  it('is a total that changed although nothing else did: the shop charges otherwise', () => {
    const now = quote({ totals: totals(4400, 590) })
    expect(differences(now, agreed, 'DE')).toEqual([{ kind: 'total', before: eur(4890), now: eur(4990) }])
  })

  it('is not a total that changed by what the shopper chose', () => {
    const express = quote({ shipping_option: 'express', totals: totals(4400, 1290) })
    expect(differences(express, agreed, 'DE')).toEqual([])
    expect(differences(quote({ totals: totals(4400, 590) }), agreed, 'FR')).toEqual([])
    const three = quote({ lines: [quotedMug({ quantity: 3 })], totals: totals(6600) })
    expect(differences(three, agreed, 'DE')).toEqual([])
    const withCode = quote({ code: { code: 'SPRING', refused: null }, totals: totals(4000) })
    expect(differences(withCode, agreed, 'DE')).toEqual([])
  })
})

it('a price is agreed to as it is; what cannot be had needs another cart', () => {
  expect(differences(dearer, nothingAgreed, 'DE').some(needsChange)).toBe(false)
  const gone = quote({ lines: [quotedMug({ trouble: { what: 'delisted' } })] })
  expect(differences(gone, nothingAgreed, 'DE').every(needsChange)).toBe(true)
})
