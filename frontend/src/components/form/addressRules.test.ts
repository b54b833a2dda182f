import { describe, expect, it } from 'vitest'
import { addressRules } from './addressRules'
import numbers from './phoneNumbers.json'

describe('a phone number', () => {
  it.each(numbers.taken)('%s is taken, as the server takes it', (typed) => {
    expect(addressRules.phone(typed)).toBeNull()
  })

  it.each(numbers.refused)('%s is refused, as the server refuses it', (typed) => {
    expect(addressRules.phone(typed)).toEqual(expect.any(String))
  })

  it('may be left out', () => {
    expect(addressRules.phone('')).toBeNull()
  })
})
