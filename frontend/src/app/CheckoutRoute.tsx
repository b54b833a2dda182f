// Where the checkout meets the cart. Loaded when somebody checks out.
import { useCart } from '../features/cart/CartContext'
import { Checkout } from '../features/checkout/Checkout'

export function CheckoutRoute() {
  const { cart, offers, setQuantity, remove, checkedOut, forgetRemoved } = useCart()
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
