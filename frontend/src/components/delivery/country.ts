// For which country tax and shipping are told before anybody said where to send: the one that was typed in the checkout of this
// tab, else that of the newest address of the account, else the one of the browser's language.
import { useQuery } from '@tanstack/react-query'
import { addressesQuery } from '../../api/addresses'
import { useSession } from '../../api/session'
import { likelyCountry } from '../countries'

/** Goes with everything else that a customer kept in this tab when they sign out (app/personal.ts). */
const PLACE = 'cartwright.country'

export function rememberCountry(country: string): void {
  try {
    if (country !== '') sessionStorage.setItem(PLACE, country)
  } catch {
    // Then it is told for the likely one.
  }
}

function rememberedCountry(): string | null {
  try {
    return sessionStorage.getItem(PLACE)
  } catch {
    return null
  }
}

/** One of these; empty where nothing is known. */
export function useVisitorCountry(countries: string[]): string {
  const isSignedIn = (useSession()?.account ?? null) !== null
  const { data: addresses = [] } = useQuery({ ...addressesQuery(), enabled: isSignedIn, retry: 1 })
  const known = [rememberedCountry(), ...addresses.map(({ country }) => country)]
  return known.find((country) => country !== null && countries.includes(country)) ?? likelyCountry(countries)
}
