// Where an order's page meets paying, the cart and accounts. Loaded when an order is opened.
import { Link, useLocation, useParams } from 'react-router'
import { useSession } from '../api/session'
import type { OrderDocument } from '../api/types'
import { useCart } from '../features/cart/CartContext'
import { ChangeOrder } from '../features/checkout/ChangeOrder'
import { PayOrder } from '../features/checkout/PayOrder'
import { OrderPage, type ChangeProps } from '../features/orders/OrderPage'

export function OrderRoute() {
  const { id } = useParams()
  return <OrderPage key={id} Pay={PayOrder} Change={Change} PutBack={PutBack} Invitation={Invitation} />
}

/** Whoever bought as a guest may want to be known the next time. Their order becomes the account's with its address confirmed. */
function Invitation({ email }: { email: string | null }) {
  const session = useSession()
  const { pathname, search } = useLocation()
  if (session === null || session.account !== null) return null
  return (
    <section aria-label="An account">
      <p>
        Create an account with the e-mail address of this order and confirm it: then your orders are kept
        together.
      </p>
      <p>
        <Link
          to={`/register?then=${encodeURIComponent(`${pathname}${search}`)}`}
          state={email === null ? null : { email }}
          className="button"
        >
          Create an account
        </Link>
      </p>
    </section>
  )
}

function Change(props: ChangeProps) {
  const { takeBack, addAll } = useCart()
  return (
    <ChangeOrder
      {...props}
      takeBack={takeBack}
      addAll={(lines) =>
        addAll(lines.map(({ sku, name, quantity, unit_price }) => ({ sku, name, quantity, unit_price })))
      }
    />
  )
}

/** A cart whose order was never paid is given back by the shop; otherwise its things are put into the current one. */
function PutBack({ order }: { order: OrderDocument }) {
  const { cart, addAll } = useCart()
  const inCart = (sku: string) => cart.lines.some((line) => line.sku === sku)
  const isBack = cart.id === order.cart || order.lines.every(({ sku }) => inCart(sku))
  return (
    <div role="status">
      {isBack ? (
        <p>
          Everything is back in your cart. <Link to="/cart">View cart</Link>
        </p>
      ) : (
        <button
          type="button"
          className="button"
          onClick={() =>
            addAll(
              order.lines.map(({ sku, name, quantity, unit_price }) => ({ sku, name, quantity, unit_price })),
            )
          }
        >
          Put everything back into the cart
        </button>
      )}
    </div>
  )
}
