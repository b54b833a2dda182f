// Puts a product into the cart. Handed to the product page by app/routes.tsx. On a phone a bar at the bottom repeats the
// button while the first one is out of sight.
import { useEffect, useRef, useState } from 'react'
import { Link } from 'react-router'
import type { Product } from '../../api/types'
import { DeliveryTerms } from '../../components/delivery/DeliveryTerms'
import { Price } from '../../components/Price'
import { QuantityField } from '../../components/QuantityField'
import { useCart } from './CartContext'
import styles from './AddToCart.module.css'

export function AddToCart({ product }: { product: Product }) {
  const { cart, add } = useCart()
  const [quantity, setQuantity] = useState(1)
  const [barShown, setBarShown] = useState(false)
  const button = useRef<HTMLButtonElement>(null)
  const inCart = cart.lines.find((line) => line.sku === product.sku)?.quantity ?? 0

  useEffect(() => {
    if (button.current === null) return
    const observer = new IntersectionObserver(([entry]) => setBarShown(entry?.isIntersecting === false))
    observer.observe(button.current)
    return () => observer.disconnect()
  }, [])

  const again = inCart > 0 ? `Add another · ${inCart} in cart` : 'Add to cart'
  const put = () => {
    add({ sku: product.sku, name: product.name, quantity, unit_price: product.price })
    setQuantity(1)
  }

  return (
    <div className={styles.buy}>
      <div className={styles.choose}>
        <QuantityField label={`Quantity of ${product.name}`} value={quantity} onChange={setQuantity} />
        <button ref={button} type="button" className={`button button-money ${styles.add}`} onClick={put}>
          Add to cart
        </button>
      </div>
      <div className={styles.terms}>
        <DeliveryTerms of="product" value={product.price} />
      </div>
      <p className={styles.inCart}>
        {inCart > 0 && (
          <>
            <span key={inCart} className={styles.count}>
              {inCart} in your cart
            </span>{' '}
            <Link to="/cart">View cart</Link>
          </>
        )}
      </p>
      <div className={styles.bar} data-shown={barShown} inert={!barShown}>
        <p className={styles.barText}>
          <span className={styles.barName}>{product.name}</span>
          <Price money={product.price} />
        </p>
        <button
          type="button"
          className="button button-money"
          aria-label={`${again}: ${product.name}`}
          onClick={put}
        >
          {again}
        </button>
      </div>
    </div>
  )
}
