import { afterEach, expect, it, vi } from 'vitest'
import { contact, eur, LINK, ORDER } from '../../testing/orders'
import { forCart, isUnderWay, keep, keepAttempt, kept, nothingKept, type Kept, type Placing } from './kept'
import { noContact } from './contact'

afterEach(() => sessionStorage.clear())

const CART = '01a20520-0000-7000-8000-000000000001'

const typed = { ...noContact, name: 'Ada' }
const request = { contact, country: 'DE', shipping_option: 'standard', total: eur(4890) }
const placing: Placing = { key: 'k', request, method: 'pm_card_visa' }
const begun: Kept = { ...nothingKept, cart: CART, contact: typed, shippingOption: 'express' }
const order = { id: ORDER, link: LINK }

it('what was typed and chosen is there after a reload', () => {
  keep(begun)
  expect(kept()).toEqual(begun)
})

it('a browser that stores nothing begins with nothing', () => {
  keep(begun)
  vi.spyOn(Storage.prototype, 'getItem').mockImplementation(() => {
    throw new Error('denied')
  })
  expect(kept()).toEqual(nothingKept)
})

it('of another cart only the contact is kept', () => {
  expect(forCart(begun, CART)).toBe(begun)
  expect(forCart(begun, 'another')).toEqual({ ...nothingKept, contact: typed, cart: 'another' })
})

it('a cart that its order gave back is checked out anew', () => {
  expect(forCart({ ...begun, order }, CART)).toEqual({ ...nothingKept, contact: typed, cart: CART })
})

it('nothing is forgotten while an order or an attempt to pay is not answered', () => {
  const sent = { ...begun, placing }
  expect(isUnderWay(sent)).toBe(true)
  expect(forCart(sent, 'another')).toBe(sent)
  const placed = { ...begun, order }
  keepAttempt(ORDER, { key: 'k', method: 'pm_card_visa' })
  expect(isUnderWay(placed)).toBe(true)
  expect(forCart(placed, CART)).toBe(placed)
  keepAttempt(ORDER, null)
  expect(isUnderWay(placed)).toBe(false)
})
