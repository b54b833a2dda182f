// What the addresses of a country have: how its postal codes look, and whether there is a state, province or prefecture.
// Of countries that are not listed, a postal code may be anything, and a region may be given. Called by PostalAddressFields.tsx,
// by addressRules.ts, and where an address is sent.

export interface AddressFormat {
  postalCode: { label: string; example: string; pattern: RegExp }
  /** Null: its addresses have none. */
  region: { label: string; isRequired: boolean } | null
}

const REGION = { label: 'Region', isRequired: false }
const ANYTHING = { label: 'Postal code', example: '', pattern: /./ }
const digits = (count: number, example: string): AddressFormat => ({
  // Some write the country before it, as on a letter.
  postalCode: { label: 'Postal code', example, pattern: new RegExp(`^(?:[A-Z]{1,2}-)?\\d{${count}}$`, 'i') },
  region: null,
})
const like = (
  pattern: RegExp,
  example: string,
  region: AddressFormat['region'] = null,
  label = 'Postal code',
): AddressFormat => ({ postalCode: { label, example, pattern }, region })
const required = (label: string) => ({ label, isRequired: true })
const optional = (label: string) => ({ label, isRequired: false })

const formats: Partial<Record<string, AddressFormat>> = {
  AT: digits(4, '1010'),
  AU: like(/^\d{4}$/, '2000', required('State'), 'Postcode'),
  BE: digits(4, '1000'),
  BR: like(/^\d{5}-?\d{3}$/, '01310-100', required('State')),
  CA: like(/^[A-Z]\d[A-Z] ?\d[A-Z]\d$/i, 'M5V 3L9', required('Province')),
  CH: digits(4, '8001'),
  CZ: like(/^\d{3} ?\d{2}$/, '110 00'),
  DE: digits(5, '10115'),
  DK: digits(4, '1050'),
  ES: { ...digits(5, '28001'), region: optional('Province') },
  FI: digits(5, '00100'),
  FR: digits(5, '75001'),
  GB: like(/^[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}$/i, 'SW1A 1AA', null, 'Postcode'),
  IE: like(/^[A-Z]\d[\dW] ?[A-Z\d]{4}$/i, 'D02 X285', optional('County'), 'Eircode'),
  IN: like(/^[1-9]\d{2} ?\d{3}$/, '110001', required('State'), 'PIN code'),
  IT: { ...digits(5, '00184'), region: optional('Province') },
  JP: like(/^\d{3}-?\d{4}$/, '100-0001', required('Prefecture')),
  KW: digits(5, '13001'),
  LU: digits(4, '1648'),
  MX: { ...digits(5, '06000'), region: required('State') },
  NL: like(/^\d{4} ?[A-Z]{2}$/i, '1012 AB'),
  NO: digits(4, '0150'),
  PL: like(/^\d{2}-\d{3}$/, '00-001'),
  PT: like(/^\d{4}-\d{3}$/, '1000-001'),
  SE: like(/^(?:SE-)?\d{3} ?\d{2}$/i, '111 22'),
  US: like(/^\d{5}(?:-\d{4})?$/, '94105', required('State'), 'ZIP code'),
}

/** Before a country is chosen nothing is asked for that it may not have. */
export function addressFormat(country: string): AddressFormat {
  return formats[country] ?? { postalCode: ANYTHING, region: country === '' ? null : REGION }
}

/** The region as it is sent: what was typed before another country was chosen is no part of the address. */
export function regionOf(country: string, typed: string): string {
  return addressFormat(country).region === null ? '' : typed
}
