// What the shop says of itself before anything is ordered, for the tests of every feature: where it sends, its taxes, its shipping.
import type { CheckoutSettings } from '../api/types'
import { eur } from './orders'

const usd = (minor: number) => ({ minor, currency: 'USD' })

export function checkoutSettings(more: Partial<CheckoutSettings> = {}): CheckoutSettings {
  return {
    gateway: 'sandbox',
    publishable_key: null,
    countries: ['DE', 'FR', 'NL'],
    taxes: {
      DE: { rate: 1900, included: true },
      FR: { rate: 2000, included: true },
      NL: { rate: 2100, included: true },
    },
    shipping: [
      {
        id: 'standard',
        name: 'Standard',
        takes: '2 to 4 working days',
        prices: [
          { price: eur(490), free_from: eur(6000) },
          { price: usd(890), free_from: null },
        ],
      },
      {
        id: 'express',
        name: 'Express',
        takes: 'the next working day',
        prices: [{ price: eur(1290), free_from: null }],
      },
    ],
    ...more,
  }
}
