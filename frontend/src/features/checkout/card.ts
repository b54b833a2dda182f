// How a card's number, its date and its code are typed and checked. Called by the sandbox's card form; with Stripe, its own
// fields do this. Nothing of it is kept or sent.
import type { Rule } from '../../components/form/useForm'
import { tokenFor } from './sandboxCards'

export type CardField = 'number' | 'expiry' | 'cvc'

export const emptyCard: Record<CardField, string> = { number: '', expiry: '', cvc: '' }

export const digitsOf = (text: string): string => text.replace(/\D/g, '')

/** In groups of four, as it is printed. */
export function groupedNumber(typed: string): string {
  return digitsOf(typed)
    .slice(0, 19)
    .replace(/(\d{4})(?=\d)/g, '$1 ')
}

/** `1227` becomes `12 / 27`. A deleted slash stays deleted. */
export function groupedExpiry(typed: string, before: string): string {
  const digits = digitsOf(typed).slice(0, 4)
  if (digits.length < 2 || (digits.length === 2 && before.startsWith(typed))) return digits
  return `${digits.slice(0, 2)} / ${digits.slice(2)}`
}

export function passesLuhn(digits: string): boolean {
  let sum = 0
  for (let place = 0; place < digits.length; place += 1) {
    const digit = Number(digits[digits.length - 1 - place])
    const doubled = place % 2 === 1 ? digit * 2 : digit
    sum += doubled > 9 ? doubled - 9 : doubled
  }
  return digits.length >= 12 && sum % 10 === 0
}

export function cardRules(today: () => Date): Record<CardField, Rule> {
  return {
    number: (value) => {
      const digits = digitsOf(value)
      if (digits === '') return 'Enter the card number.'
      if (!passesLuhn(digits)) return 'This card number is incomplete or has a mistake in it.'
      return tokenFor(digits) === null
        ? 'This shop is a demonstration and takes test cards only, such as 4242 4242 4242 4242.'
        : null
    },
    expiry: (value) => {
      const digits = digitsOf(value)
      if (digits === '') return 'Enter the card’s expiry date.'
      const [month, year] = [Number(digits.slice(0, 2)), 2000 + Number(digits.slice(2))]
      if (digits.length !== 4 || month < 1 || month > 12) return 'Enter month and year, such as 12 / 30.'
      // Good until the end of its month.
      return new Date(year, month, 1) > today() ? null : 'This card has expired. Try another one.'
    },
    cvc: (value) => {
      if (value === '') return 'Enter the three or four digits of the security code.'
      return /^\d{3,4}$/.test(value) ? null : 'The security code has three or four digits.'
    },
  }
}
