// What has to be in the fields of a postal address. Called by the checkout's contact and by the address book.
import type { Rule } from './useForm'

const required =
  (words: string): Rule =>
  (value) =>
    value === '' ? words : null

export const addressRules = {
  name: required('Enter the name of whoever gets the parcel.'),
  country: required('Choose the country that we send to.'),
  line1: required('Enter a street and a house number.'),
  postal_code: required('Enter a postal code.'),
  city: required('Enter a town or city.'),
  phone: (value) =>
    value === '' || ([...value].length <= 32 && (value.match(/\p{N}/gu) ?? []).length >= 3)
      ? null
      : 'A phone number has digits, such as +49 30 1234567, and at most 32 characters.',
} satisfies Record<string, Rule>
