// What has to be in the fields of a postal address. Called by the checkout's contact and by the address book.
import { addressFormat } from './postalAddress'
import type { Rule } from './useForm'

const required =
  (words: string): Rule =>
  (value) =>
    value === '' ? words : null

export const addressRules = {
  name: required('Enter the recipient’s name.'),
  country: required('Choose a country.'),
  line1: required('Enter the street and house number.'),
  postal_code: (value, { country = '' } = {}) => {
    const { label, example, pattern } = addressFormat(country).postalCode
    const name = label.replace('Postal code', 'postal code').replace('Postcode', 'postcode')
    if (value === '') return `Enter the ${name}.`
    return pattern.test(value) ? null : `Enter a ${name} such as ${example}.`
  },
  city: required('Enter the town or city.'),
  region: (value, { country = '' } = {}) => {
    const { region } = addressFormat(country)
    return value === '' && region?.isRequired === true ? `Enter the ${region.label.toLowerCase()}.` : null
  },
  phone: (value) =>
    value === '' || ([...value].length <= 32 && (value.match(/\p{N}/gu) ?? []).length >= 3)
      ? null
      : 'Enter a phone number such as +49 30 1234567, or leave it empty.',
} satisfies Record<string, Rule>
