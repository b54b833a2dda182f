// Where the checkout meets the cart and the account. Loaded when somebody checks out.
import { useQuery } from '@tanstack/react-query'
import { useSession } from '../api/session'
import { accountQuery, addressesQuery } from '../features/account/api'
import { useCart } from '../features/cart/CartContext'
import { Checkout } from '../features/checkout/Checkout'
import type { Shopper } from '../features/checkout/shopper'

export function CheckoutRoute() {
  const { cart, offers, setQuantity, remove, checkedOut, forgetRemoved } = useCart()
  const shopper = useShopper()
  const stamp = cart.lines
    .map(({ sku }) => `${sku}:${offers[sku]?.version ?? 0}:${offers[sku]?.available ?? 0}`)
    .join(' ')
  return (
    <Checkout
      cart={{
        id: cart.id,
        version: cart.version,
        isLoaded: cart.loaded,
        isUnreachable: cart.unreachable && !cart.loaded,
        isEmpty: cart.lines.length === 0,
        becameOrder: cart.becameOrder,
        isSettled: cart.settling === 'settled',
      }}
      shopper={shopper}
      stamp={stamp}
      setQuantity={setQuantity}
      remove={(sku) => {
        remove(sku)
        forgetRemoved()
      }}
      placed={checkedOut}
    />
  )
}

/** An account that does not answer is no reason not to buy: then everything is typed. */
function useShopper(): Shopper {
  const session = useSession()
  const isSignedIn = (session?.account ?? null) !== null
  const account = useQuery({ ...accountQuery(), enabled: isSignedIn, retry: 1 })
  const addresses = useQuery({ ...addressesQuery(), enabled: isSignedIn, retry: 1 })
  if (session === null || (isSignedIn && (account.isLoading || addresses.isLoading)))
    return { kind: 'waiting' }
  if (!isSignedIn) return { kind: 'guest' }
  return { kind: 'account', email: account.data?.email ?? '', addresses: addresses.data ?? [] }
}
