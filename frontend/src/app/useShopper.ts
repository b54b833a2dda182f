// Who checks out, with what their account knows of them. Called by the routes of the checkout and of an accepted quote.
import { useQuery } from '@tanstack/react-query'
import { useSession } from '../api/session'
import { accountQuery, addressesQuery } from '../features/account/api'
import type { Shopper } from '../features/checkout/shopper'

/** An account that does not answer is no reason not to buy: then everything is typed. */
export function useShopper(): Shopper {
  const session = useSession()
  const isSignedIn = (session?.account ?? null) !== null
  const account = useQuery({ ...accountQuery(), enabled: isSignedIn, retry: 1 })
  const addresses = useQuery({ ...addressesQuery(), enabled: isSignedIn, retry: 1 })
  if (session === null || (isSignedIn && (account.isLoading || addresses.isLoading)))
    return { kind: 'waiting' }
  if (!isSignedIn) return { kind: 'guest' }
  return { kind: 'account', email: account.data?.email ?? '', addresses: addresses.data ?? [] }
}
