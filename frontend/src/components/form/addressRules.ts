// What has to be in the fields of a postal address. Called by the checkout's contact and by the address book.
import type { Rule } from './useForm'

const required =
  (words: string): Rule =>
  (value) =>
    value === '' ? words : null

export const addressRules = {
  name: required('Enter the recipient’s name.'),
  country: required('Choose a country.'),
  line1: required('Enter the street and house number.'),
  postal_code: required('Enter a postal code.'),
  city: required('Enter a town or city.'),
  phone: (value) =>
    value === '' || ([...value].length <= 32 && (value.match(/\p{N}/gu) ?? []).length >= 3)
      ? null
      : 'Enter a phone number such as +49 30 1234567, or leave it empty.',
} satisfies Record<string, Rule>
