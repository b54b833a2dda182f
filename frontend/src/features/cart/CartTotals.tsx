import { Price } from '../../components/Price'
import { useCart } from './CartContext'
import styles from './CartTotals.module.css'

/** The subtotal: lines times prices that are known. It says so while the server has not confirmed every change. */
export function CartTotals() {
  const { cart, online } = useCart()
  const said =
    cart.settling === 'settled' ? '' : cart.settling === 'waiting' || !online ? 'not sent yet' : 'updating'
  return (
    <dl className={styles.totals}>
      <div className={styles.row}>
        <dt>
          Subtotal <span className={styles.said}>{said}</span>
        </dt>
        <dd data-testid="subtotal" data-settling={cart.settling}>
          <Price money={cart.subtotal} />
        </dd>
      </div>
    </dl>
  )
}
