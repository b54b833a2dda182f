// An address of the book: its fields, what has to be in them, and how it reads. Called by AddressesPage.tsx and AddressForm.tsx.
import type { Address } from '../../api/types'
import { countryName } from '../../components/countries'
import { regionOf } from '../../components/form/postalAddress'
import type { NewAddress } from './types'

export type AddressField =
  'name' | 'line1' | 'line2' | 'postal_code' | 'city' | 'region' | 'country' | 'phone'

export type AddressFields = Record<AddressField, string>

export const noAddress: AddressFields = {
  name: '',
  country: '',
  line1: '',
  line2: '',
  postal_code: '',
  city: '',
  region: '',
  phone: '',
}

export function toFields({
  name,
  line1,
  line2,
  postal_code,
  city,
  region,
  country,
  phone,
}: Address): AddressFields {
  return {
    name,
    country,
    line1,
    line2: line2 ?? '',
    postal_code,
    city,
    region: region ?? '',
    phone: phone ?? '',
  }
}

/** As it is sent: what was left empty is left out. */
export function toAddress({ line2, region: typed, phone, ...required }: AddressFields): NewAddress {
  const region = regionOf(required.country, typed)
  return {
    ...required,
    ...(line2 === '' ? {} : { line2 }),
    ...(region === '' ? {} : { region }),
    ...(phone === '' ? {} : { phone }),
  }
}

export function inLines({ line1, line2, postal_code, city, region, country, phone }: Address): string[] {
  const town = [`${postal_code} ${city}`, region].filter(Boolean).join(', ')
  return [line1, line2, town, countryName(country), phone].filter(
    (line) => line !== null && line !== undefined && line !== '',
  ) as string[]
}
