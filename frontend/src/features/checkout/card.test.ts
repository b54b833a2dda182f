import { describe, expect, it } from 'vitest'
import { cardRules, groupedExpiry, groupedNumber, passesLuhn } from './card'
import { sandboxCards, tokenFor } from './sandboxCards'

const rules = cardRules(() => new Date('2026-03-15T12:00:00'))

describe('a card number', () => {
  it('is written in groups of four, however it is typed or pasted', () => {
    expect(groupedNumber('4242424242424242')).toBe('4242 4242 4242 4242')
    expect(groupedNumber('4242-4242 4242')).toBe('4242 4242 4242')
    expect(groupedNumber('4242 ')).toBe('4242')
  })

  it('is checked by its last digit', () => {
    expect(passesLuhn('4242424242424242')).toBe(true)
    expect(passesLuhn('4242424242424241')).toBe(false)
    expect(passesLuhn('42')).toBe(false)
  })

  it('is asked for in words that say what is wrong', () => {
    expect(rules.number('')).toMatch(/Enter the card number/)
    expect(rules.number('4242 4242 4242 4241')).toMatch(/mistake/)
    expect(rules.number('4111 1111 1111 1111')).toMatch(/test cards only/)
    expect(rules.number('4242 4242 4242 4242')).toBeNull()
  })
})

describe('the date of a card', () => {
  it('gets its slash by itself, and can be deleted again', () => {
    expect(groupedExpiry('12', '1')).toBe('12 / ')
    expect(groupedExpiry('1230', '123')).toBe('12 / 30')
    expect(groupedExpiry('12', '12 / ')).toBe('12')
    expect(groupedExpiry('1', '12')).toBe('1')
  })

  it('is good until the end of its month', () => {
    expect(rules.expiry('03 / 26')).toBeNull()
    expect(rules.expiry('02 / 26')).toMatch(/expired/)
    for (const wrong of ['13 / 30', '00 / 30', '1']) expect(rules.expiry(wrong)).toMatch(/month and year/)
  })
})

it('a security code has three or four digits', () => {
  expect(['123', '1234'].map((code) => rules.cvc(code))).toEqual([null, null])
  expect(['', '12', '12a'].map((code) => rules.cvc(code) === null)).toEqual([false, false, false])
})

describe('the cards of the sandbox', () => {
  it('have numbers that are right, and one token each', () => {
    expect(sandboxCards.filter(({ number }) => !passesLuhn(number))).toEqual([])
    expect(new Set(sandboxCards.map(({ number }) => number)).size).toBe(sandboxCards.length)
    expect(sandboxCards.every(({ token }) => /^pm_card_\w+$/.test(token))).toBe(true)
  })

  it('are known by their number alone', () => {
    expect(tokenFor('4242424242424242')).toBe('pm_card_visa')
    expect(tokenFor('4111111111111111')).toBeNull()
  })
})
