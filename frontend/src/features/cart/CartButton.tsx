// The cart in the header: how many items are in it, and the way into the drawer. Rendered by app/Header.tsx.
import { Suspense, useCallback, useState } from 'react'
import { Link, Navigate, useLocation } from 'react-router'
import { lazyWithRetry } from '../../components/lazyWithRetry'
import { useCart } from './CartContext'
import { count } from './words'
import styles from './CartButton.module.css'

const loadDrawer = () => import('./CartDrawer')
const CartDrawer = lazyWithRetry(loadDrawer, CartInstead)

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
  // Until the shop said what is in it, none is as likely as any other number.
  const isKnown = cart.loaded || cart.itemCount > 0
  const inside = (
    <>
      Cart
      <span className="visually-hidden">, {isKnown ? count(cart.itemCount) : 'number of items unknown'}</span>
      <span className={styles.badge} data-empty={cart.itemCount === 0} aria-hidden="true">
        <span key={cart.itemCount} className={styles.number}>
          {isKnown ? cart.itemCount : '–'}
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

/** The drawer did not load, or broke: the cart has a page, too. */
function CartInstead({ isOpen }: { isOpen: boolean }) {
  return isOpen ? <Navigate to="/cart" /> : null
}
