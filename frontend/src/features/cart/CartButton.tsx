// The cart in the header: how many items are in it, and the way into the drawer. Rendered by app/Header.tsx.
import { lazy, Suspense, useCallback, useState } from 'react'
import { Link, useLocation } from 'react-router'
import { useCart } from './CartContext'
import { count } from './words'
import styles from './CartButton.module.css'

const loadDrawer = () => import('./CartDrawer')
const CartDrawer = lazy(loadDrawer)

export function CartButton() {
  const { cart, forgetRemoved } = useCart()
  const { pathname } = useLocation()
  const [wanted, setWanted] = useState(false)
  const [isOpen, setOpen] = useState(false)
  const change = useCallback(
    (open: boolean) => {
      setOpen(open)
      if (!open) forgetRemoved()
    },
    [forgetRemoved],
  )
  const inside = (
    <>
      Cart
      <span className="visually-hidden">, {count(cart.itemCount)}</span>
      <span className={styles.badge} data-empty={cart.itemCount === 0} aria-hidden="true">
        <span key={cart.itemCount} className={styles.number}>
          {cart.itemCount}
        </span>
      </span>
    </>
  )
  if (pathname === '/cart') {
    return (
      <Link to="/cart" aria-current="page" className={styles.button}>
        {inside}
      </Link>
    )
  }
  return (
    <>
      <button
        type="button"
        className={styles.button}
        aria-haspopup="dialog"
        aria-expanded={isOpen}
        onPointerEnter={() => void loadDrawer()}
        onFocus={() => void loadDrawer()}
        onClick={() => {
          setWanted(true)
          change(true)
        }}
      >
        {inside}
      </button>
      {wanted && (
        <Suspense>
          <CartDrawer isOpen={isOpen} onOpenChange={change} />
        </Suspense>
      )}
    </>
  )
}
