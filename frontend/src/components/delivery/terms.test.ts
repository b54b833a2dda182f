// What is said of tax and shipping before anything is ordered, for each kind of country and amount.
import { describe, expect, it } from 'vitest'
import { eur } from '../../testing/orders'
import { checkoutSettings } from '../../testing/settings'
import { cartTerms, productTerms, taxInWords } from './terms'

const settings = checkoutSettings({
  countries: ['DE', 'KW', 'NL', 'US'],
  taxes: {
    DE: { rate: 1900, included: true },
    KW: { rate: 0, included: false },
    NL: { rate: 2100, included: true },
    US: { rate: 725, included: false },
  },
})
const usd = (minor: number) => ({ minor, currency: 'USD' })
const cart = (more: Partial<Parameters<typeof cartTerms>[0]> = {}) =>
  cartTerms({ settings, country: 'DE', value: eur(5400), hasCode: false, ...more }).replaceAll('\u00a0', ' ')
const product = (more: Partial<Parameters<typeof productTerms>[0]> = {}) =>
  productTerms({ settings, country: 'DE', value: eur(2200), ...more }).replaceAll('\u00a0', ' ')

describe('the tax', () => {
  const tax = (country: string, of = settings) => taxInWords({ settings: of, country })

  it('is included where prices have it in them, and added where they have not', () => {
    expect(tax('DE')).toBe('Tax included.')
    expect(tax('US')).toBe('Tax is added at checkout.')
    expect(tax('KW')).toBe('No tax is added.')
  })

  it('of a country that is not known is said where it is the same everywhere', () => {
    expect(tax('')).toBe('Whether tax is included depends on your country.')
    expect(tax('', checkoutSettings())).toBe('Tax included.')
  })
})

describe('the shipping of a cart', () => {
  it('says how far it is from being free', () => {
    expect(cart()).toBe(
      'Tax included. Shipping to Germany 4.90 €, free from 60.00 €; you are 6.00 € away from it.',
    )
    expect(cart({ country: 'NL', value: eur(5999) })).toBe(
      'Tax included. Shipping to the Netherlands 4.90 €, free from 60.00 €; you are 0.01 € away from it.',
    )
  })

  it('is free from the very amount on', () => {
    expect(cart({ value: eur(6000) })).toBe('Tax included. Shipping to Germany is free.')
  })

  it('is not promised while a code may take something off', () => {
    expect(cart({ value: eur(6000), hasCode: true })).toBe(
      'Tax included. Shipping to Germany 4.90 €, free from 60.00 € after the discount.',
    )
  })

  it('is that of the currency of the cart, which may be free nowhere', () => {
    expect(cart({ country: 'US', value: usd(999_999) })).toBe(
      'Tax is added at checkout. Shipping to the United States 8.90 $.',
    )
    expect(cart({ value: { minor: 1, currency: 'SEK' } })).toBe('Tax included.')
  })

  it('names no country that nobody knows', () => {
    expect(cart({ country: '', settings: checkoutSettings() })).toMatch(/^Tax included\. Shipping 4\.90 €/)
  })
})

describe('the shipping of a product', () => {
  it('says what it costs and how long it takes', () => {
    expect(product()).toBe(
      'Tax included. Shipping to Germany 4.90 €, free from 60.00 €, 2 to 4 working days.',
    )
    expect(product({ value: eur(6000) })).toBe(
      'Tax included. Shipping to Germany is free, 2 to 4 working days.',
    )
  })
})
