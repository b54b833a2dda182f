// Where the overview of an account meets the orders: the newest one stands on top. Loaded when the overview is opened.
import { OverviewPage } from '../features/account/OverviewPage'
import { LastOrder } from '../features/orders/LastOrder'

export function AccountOverviewRoute() {
  return <OverviewPage lastOrder={<LastOrder />} />
}
