// Where the list of orders meets the account: alone for whoever buys as a guest, and among the pages of an account. Loaded when
// either is opened.
import { Navigate } from 'react-router'
import { useSession } from '../api/session'
import { useAccount } from '../features/account/AccountShell'
import { OrdersPage } from '../features/orders/OrdersPage'

export function OrdersRoute() {
  const isSignedIn = (useSession()?.account ?? null) !== null
  return isSignedIn ? <Navigate to="/account/orders" replace /> : <OrdersPage />
}

/** Inside the pages of the account. */
export function AccountOrdersRoute() {
  const { is_confirmed } = useAccount()
  return <OrdersPage isUnconfirmed={!is_confirmed} isInAccount />
}
