// Where the list of orders meets the account: alone for whoever buys as a guest, and among the pages of an account. Loaded when
// either is opened.
import { useQuery } from '@tanstack/react-query'
import { useSession } from '../api/session'
import { useAccount } from '../features/account/AccountShell'
import { accountQuery } from '../features/account/api'
import { OrdersPage } from '../features/orders/OrdersPage'

export function OrdersRoute() {
  const isSignedIn = (useSession()?.account ?? null) !== null
  const { data: account } = useQuery({ ...accountQuery(), enabled: isSignedIn })
  return <OrdersPage isUnconfirmed={isSignedIn && account?.is_confirmed === false} />
}

/** Inside the pages of the account. */
export function AccountOrdersRoute() {
  const { is_confirmed } = useAccount()
  return <OrdersPage isUnconfirmed={!is_confirmed} isInAccount />
}
