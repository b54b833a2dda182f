// Addresses as their countries have them: postal codes that are taken and refused, and who is asked for a state.
import { describe, expect, it } from 'vitest'
import { addressRules } from './addressRules'
import { addressFormat, regionOf } from './postalAddress'

const postalCode = (value: string, country: string) => addressRules.postal_code(value, { country })

describe('a postal code', () => {
  it.each([
    ['DE', '10969'],
    ['DE', 'D-10969'],
    ['AT', '1010'],
    ['GB', 'SW1A 1AA'],
    ['GB', 'm1 1ae'],
    ['NL', '1012AB'],
    ['SE', '111 22'],
    ['JP', '1000001'],
    ['US', '94105-1234'],
    ['KW', '13001'],
    ['XX', 'anything 7'],
    ['', '10969'],
  ])('of %s may be %s', (country, value) => {
    expect(postalCode(value, country)).toBeNull()
  })

  it.each([
    ['DE', '1096', 'Enter a postal code such as 10115.'],
    ['DE', 'Berlin', 'Enter a postal code such as 10115.'],
    ['GB', '10969', 'Enter a postcode such as SW1A 1AA.'],
    ['NL', '1012', 'Enter a postal code such as 1012 AB.'],
    ['US', 'SW1A 1AA', 'Enter a ZIP code such as 94105.'],
    ['JP', '10969', 'Enter a postal code such as 100-0001.'],
    ['US', '', 'Enter the ZIP code.'],
    ['XX', '', 'Enter the postal code.'],
  ])('of %s is not %s', (country, value, why) => {
    expect(postalCode(value, country)).toBe(why)
  })

  it('is taken in each country as the example says it', () => {
    for (const country of [
      'AT',
      'BE',
      'CH',
      'DE',
      'DK',
      'ES',
      'FR',
      'GB',
      'IT',
      'JP',
      'KW',
      'NL',
      'SE',
      'US',
    ]) {
      const { example } = addressFormat(country).postalCode
      expect([country, example, postalCode(example, country)]).toEqual([country, example, null])
    }
  })
})

describe('a region', () => {
  it.each([
    ['US', 'State', 'Enter the state.'],
    ['JP', 'Prefecture', 'Enter the prefecture.'],
    ['IT', 'Province', null],
    ['XX', 'Region', null],
  ])('of %s is called %s', (country, label, missing) => {
    expect(addressFormat(country).region?.label).toBe(label)
    expect(addressRules.region('', { country })).toBe(missing)
    expect(regionOf(country, 'Somewhere')).toBe('Somewhere')
  })

  it.each(['DE', 'FR', 'GB', ''])('is no part of an address in “%s”, and not sent', (country) => {
    expect(addressFormat(country).region).toBeNull()
    expect(addressRules.region('', { country })).toBeNull()
    expect(regionOf(country, 'Somewhere')).toBe('')
  })
})
