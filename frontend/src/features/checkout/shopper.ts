// What the checkout fills in for whoever is signed in. Called by Checkout.tsx and DetailsStep.tsx; app/CheckoutRoute.tsx
// hands the account in.
import type { Address } from '../../api/types'
import { likelyCountry } from '../../components/countries'
import type { ContactFields } from './contact'

export type Shopper =
  | { kind: 'guest' }
  /** It is asked what the account has: nobody types what is about to be filled in. */
  | { kind: 'waiting' }
  | { kind: 'account'; email: string; addresses: Address[] }

/** The parts of a contact that an address book has. */
export type WhereTo = Omit<ContactFields, 'email'>

export function whereTo(address: Pick<Address, keyof WhereTo>): WhereTo {
  const { name, line1, line2, postal_code, city, region, country, phone } = address
  return {
    name,
    line1,
    line2: line2 ?? '',
    postal_code,
    city,
    region: region ?? '',
    country,
    phone: phone ?? '',
  }
}

/** Of the book, what the shop sends to. */
export function reachable(shopper: Shopper, countries: string[]): Address[] {
  if (shopper.kind !== 'account') return []
  return shopper.addresses.filter(({ country }) => countries.includes(country))
}

/** What was typed, and where nothing was, what is known: the newest address of the book. */
export function filledIn(typed: ContactFields, shopper: Shopper, countries: string[]): ContactFields {
  const [newest] = reachable(shopper, countries)
  const isUntouched = typed.name === '' && typed.line1 === '' && typed.postal_code === ''
  const known = isUntouched && newest !== undefined ? { ...typed, ...whereTo(newest) } : typed
  const email = known.email === '' && shopper.kind === 'account' ? shopper.email : known.email
  const country = countries.includes(known.country) ? known.country : likelyCountry(countries)
  return { ...known, email, country }
}

/** The address that the fields say, letter by letter; none where something was changed. */
export function chosenFrom(addresses: Address[], fields: ContactFields): Address | undefined {
  return addresses.find((address) =>
    Object.entries(whereTo(address)).every(([name, value]) => fields[name as keyof WhereTo].trim() === value),
  )
}
