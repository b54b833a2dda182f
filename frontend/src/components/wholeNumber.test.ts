import { expect, test } from 'vitest'
import { wholeNumberOf } from './wholeNumber'

test.each([
  ['4', 4],
  [' 12 ', 12],
  ['007', 7],
  ['-3', -3],
  ['−3', -3],
  ['４２', 42],
  ['٤٢', 42],
  ['۴۲', 42],
  ['४२', 42],
  ['৪২', 42],
  ['๔๒', 42],
  ['999999999', 999_999_999],
])('“%s” is the number %i', (typed, number) => {
  expect(wholeNumberOf(typed)).toBe(number)
})

test.each(['', ' ', 'four', '2.5', '2,5', '1e3', '0x10', '1 000', '--1', '+', '9'.repeat(10), 'Infinity'])(
  '“%s” is no whole number',
  (typed) => {
    expect(wholeNumberOf(typed)).toBeNull()
  },
)
