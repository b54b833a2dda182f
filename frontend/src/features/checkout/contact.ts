// Who gets it and where it goes: the fields, and what has to be in them. Called by DetailsStep.tsx and Checkout.tsx.
import type { Contact } from '../../api/types'
import { addressRules } from '../../components/form/addressRules'
import { emailRule } from '../../components/form/emailRule'
import { regionOf } from '../../components/form/postalAddress'
import type { Rule } from '../../components/form/useForm'

export type ContactField =
  'email' | 'name' | 'line1' | 'line2' | 'postal_code' | 'city' | 'region' | 'country' | 'phone'

export type ContactFields = Record<ContactField, string>

export const noContact: ContactFields = {
  email: '',
  name: '',
  line1: '',
  line2: '',
  postal_code: '',
  city: '',
  region: '',
  country: '',
  phone: '',
}

export const contactRules: Partial<Record<ContactField, Rule>> = {
  email: (value) =>
    value === '' ? 'Enter your e-mail address, so that we can reach you about this order.' : emailRule(value),
  ...addressRules,
}

export function isComplete(fields: ContactFields): boolean {
  return Object.entries(contactRules).every(
    ([name, rule]) => rule(fields[name as ContactField].trim(), fields) === null,
  )
}

/** As it is sent: what was left empty is left out. */
export function toContact({
  email,
  name,
  line1,
  line2,
  postal_code,
  city,
  region: typed,
  country,
  phone,
}: ContactFields): Contact {
  const region = regionOf(country, typed)
  return {
    email,
    name,
    line1,
    ...(line2 === '' ? {} : { line2 }),
    postal_code,
    city,
    ...(region === '' ? {} : { region }),
    ...(phone === '' ? {} : { phone }),
  }
}
