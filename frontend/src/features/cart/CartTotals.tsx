import { Was } from '../../components/ChangedPrice'
import { DeliveryTerms } from '../../components/delivery/DeliveryTerms'
import { Price } from '../../components/Price'
import { useCart } from './CartContext'
import { useCartToday } from './today'
import styles from './CartTotals.module.css'

/** The subtotal: lines times today's prices. It says so while the server has not confirmed every change. */
export function CartTotals() {
  const { cart, online } = useCart()
  const { subtotal, before } = useCartToday()
  const said =
    cart.settling === 'settled' ? '' : cart.settling === 'waiting' || !online ? 'not sent yet' : 'updating'
  return (
    <div className={styles.all}>
      <dl>
        <div className={styles.row}>
          <dt>
            Subtotal <span className={styles.said}>{said}</span>
          </dt>
          <dd>
            <Was was={before} money={subtotal} />
            <span data-testid="subtotal" data-settling={cart.settling}>
              <Price money={subtotal} />
            </span>
          </dd>
        </div>
      </dl>
      <DeliveryTerms of="cart" value={subtotal} hasCode={cart.hasCode} />
    </div>
  )
}
