import { Link } from 'react-router'
import { CartContents } from './CartContents'
import { useCart } from './CartContext'
import { CartTotals } from './CartTotals'
import { count } from './words'
import styles from './CartPage.module.css'

export function CartPage() {
  const { cart } = useCart()
  return (
    <div className={`page ${styles.layout}`}>
      <title>Cart · Cartwright</title>
      <header className={styles.header}>
        <h1>Cart</h1>
        <p>{cart.loaded && cart.itemCount > 0 ? count(cart.itemCount) : '\u00a0'}</p>
      </header>
      {cart.lines.length > 0 && <h2 className="visually-hidden">Items</h2>}
      <CartContents />
      {cart.lines.length > 0 && (
        <aside className={styles.summary} aria-label="Summary">
          <CartTotals />
          <Link to="/checkout" className="button button-money">
            Check out
          </Link>
        </aside>
      )}
    </div>
  )
}
