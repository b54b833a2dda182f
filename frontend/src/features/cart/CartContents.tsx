// What is in the cart, the same in the drawer and on the page.
import { useRef, type RefObject } from 'react'
import { Link } from 'react-router'
import { useCart } from './CartContext'
import { CartLineRow } from './CartLineRow'
import type { ShownCart, Wish } from './cartState'
import { useCartToday } from './today'
import { inWords } from './words'
import styles from './CartContents.module.css'

export function CartContents() {
  const { cart, removed, remove, clear } = useCart()
  const { lines } = useCartToday()
  const undoButton = useRef<HTMLButtonElement>(null)
  const empty = lines.length === 0

  // The pressed button goes away with its line: focus moves to what can be done next.
  const thenFocusUndo = (act: () => void) => {
    act()
    requestAnimationFrame(() => undoButton.current?.focus())
  }

  if (!cart.loaded && empty) return cart.unreachable ? <Unreachable /> : <Loading />
  return (
    <div className={styles.contents}>
      {cart.restored && !empty && <Restored />}
      {removed !== null && <Removed lines={removed} undoButton={undoButton} />}
      {empty ? (
        <Empty becameOrder={cart.becameOrder} />
      ) : (
        <>
          <ul>
            {lines.map((line) => (
              <CartLineRow
                key={line.sku}
                line={line}
                onRemove={() => thenFocusUndo(() => remove(line.sku))}
              />
            ))}
          </ul>
          <button
            type="button"
            className={`text-button ${styles.clear}`}
            onClick={() => thenFocusUndo(clear)}
          >
            Empty the cart
          </button>
        </>
      )}
    </div>
  )
}

function Removed({ lines, undoButton }: { lines: Wish[]; undoButton: RefObject<HTMLButtonElement | null> }) {
  const { undo } = useCart()
  return (
    <p className={styles.removed}>
      <span>{inWords(lines)} removed.</span>
      <button ref={undoButton} type="button" className="text-button" onClick={undo}>
        Undo
      </button>
    </p>
  )
}

function Empty({ becameOrder }: { becameOrder: ShownCart['becameOrder'] }) {
  return (
    <div className={styles.empty}>
      <p className={styles.emptyTitle}>Your cart is empty.</p>
      {becameOrder !== null ? (
        <p>
          Its items are an order now.{' '}
          <Link to={becameOrder.order === null ? '/orders' : `/orders/${becameOrder.order}`}>
            {becameOrder.order === null ? 'See your orders' : 'See the order'}
          </Link>
        </p>
      ) : (
        <p>Items that you add stay here, even if you come back another day.</p>
      )}
      <Link to="/shop" className="button">
        Shop all
      </Link>
    </div>
  )
}

function Restored() {
  return <p className={styles.notice}>Welcome back. Your cart is as you left it.</p>
}

function Unreachable() {
  return (
    <p className={styles.notice} role="alert">
      Your cart did not load. Nothing in it is lost; we keep trying.
    </p>
  )
}

function Loading() {
  return (
    <div aria-busy="true" className={styles.loading}>
      <p className="visually-hidden" role="status">
        Loading your cart
      </p>
      <div className={`skeleton ${styles.loadingLine}`} />
      <div className={`skeleton ${styles.loadingLine}`} />
    </div>
  )
}
