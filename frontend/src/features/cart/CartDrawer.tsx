// The cart beside the page. Loaded when the cart button is first pointed at or pressed.
import { useEffect, useRef } from 'react'
import { Link, useLocation } from 'react-router'
import { ConnectionLine } from '../../components/ConnectionLine'
import { Sheet } from '../../components/Sheet'
import { CartContents } from './CartContents'
import { useCart } from './CartContext'
import { CartTotals } from './CartTotals'
import styles from './CartDrawer.module.css'

export default function CartDrawer({
  isOpen,
  onOpenChange,
}: {
  isOpen: boolean
  onOpenChange: (open: boolean) => void
}) {
  const { cart } = useCart()
  const { key } = useLocation()
  const openedAt = useRef(key)

  // A link in the drawer leads away: the drawer has done its work.
  useEffect(() => {
    if (openedAt.current !== key && isOpen) onOpenChange(false)
    openedAt.current = key
  }, [key, isOpen, onOpenChange])

  return (
    <Sheet
      title="Your cart"
      from="side"
      isOpen={isOpen}
      onOpenChange={onOpenChange}
      footer={
        cart.lines.length > 0 && (
          <div className={styles.footer}>
            <CartTotals />
            <Link to="/checkout" className="button button-money">
              Check out
            </Link>
            <Link to="/cart" className="button">
              View cart
            </Link>
          </div>
        )
      }
    >
      <ConnectionLine />
      <CartContents />
    </Sheet>
  )
}
