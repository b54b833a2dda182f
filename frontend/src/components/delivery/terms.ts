// What comes on top of a price, in words, as the shop's settings say it. Pure. Called by DeliveryTerms.tsx.
import type { CheckoutSettings, Money } from '../../api/types'
import { toCountry } from '../countries'
import { formatMoney } from '../money'

interface Asked {
  settings: CheckoutSettings
  /** Empty where it is not known. */
  country: string
  /** What the goods come to, without a discount. */
  value: Money
}

/** Whether prices include the tax, for this country. */
export function taxInWords({ settings, country }: Pick<Asked, 'settings' | 'country'>): string {
  const all = Object.values(settings.taxes)
  const tax = settings.taxes[country]
  if (tax?.included ?? all.every(({ included }) => included)) return 'Tax included.'
  if (tax === undefined) return 'Whether tax is included depends on your country.'
  return tax.rate === 0 ? 'No tax is added.' : 'Tax is added at checkout.'
}

/** The way that the checkout chooses where nothing else is chosen; null where nothing is sent in this currency. */
function firstOption({ settings, value }: Pick<Asked, 'settings' | 'value'>) {
  for (const { takes, prices } of settings.shipping) {
    const terms = prices.find(({ price }) => price.currency === value.currency)
    if (terms !== undefined) return { takes, price: terms.price, freeFrom: terms.free_from }
  }
  return null
}

/** Of a cart: what sending it costs, and what is missing until that is free. `hasCode`: a discount may come off before that. */
export function cartTerms({ hasCode, ...asked }: Asked & { hasCode: boolean }): string {
  const option = firstOption(asked)
  const tax = taxInWords(asked)
  if (option === null) return tax
  const { price, freeFrom } = option
  const shipping = `Shipping${toCountry(asked.country)}`
  if (price.minor === 0) return `${tax} ${shipping} is free.`
  if (freeFrom === null) return `${tax} ${shipping} ${formatMoney(price)}.`
  const from = `${tax} ${shipping} ${formatMoney(price)}, free from ${formatMoney(freeFrom)}`
  if (hasCode) return `${from} after the discount.`
  const missing = { ...freeFrom, minor: freeFrom.minor - asked.value.minor }
  return missing.minor <= 0
    ? `${tax} ${shipping} is free.`
    : `${from}; you are ${formatMoney(missing)} away from it.`
}

/** Of a product: what sending it costs, and how long that takes. */
export function productTerms(asked: Asked): string {
  const option = firstOption(asked)
  const tax = taxInWords(asked)
  if (option === null) return tax
  const { price, freeFrom, takes } = option
  const isFree = price.minor === 0 || (freeFrom !== null && asked.value.minor >= freeFrom.minor)
  const costs = isFree
    ? 'is free'
    : `${formatMoney(price)}${freeFrom === null ? '' : `, free from ${formatMoney(freeFrom)}`}`
  return `${tax} Shipping${toCountry(asked.country)} ${costs}, ${takes}.`
}
