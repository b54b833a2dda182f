// Where the checkout meets the cart and the account. Loaded when somebody checks out.
import { useCart } from '../features/cart/CartContext'
import { Checkout } from '../features/checkout/Checkout'
import { useShopper } from './useShopper'

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
