import { Link } from 'react-router'
import type { Product } from '../../api/types'
import { times } from '../../components/money'
import { Picture } from '../../components/picture/Picture'
import { Price } from '../../components/Price'
import { QuantityField } from '../../components/QuantityField'
import { useCart } from './CartContext'
import type { ShownLine } from './cartState'
import { MAX_QUANTITY } from './wishes'
import { sinceAdded } from './words'
import styles from './CartLineRow.module.css'

interface CartLineRowProps {
  line: ShownLine
  /** The product as it is now; undefined while it is being asked for. */
  product: Product | undefined
  onRemove: () => void
}

export function CartLineRow({ line, product, onRemove }: CartLineRowProps) {
  const { offers, setQuantity } = useCart()
  const offer = offers[line.sku]
  const now =
    offer === undefined || (product !== undefined && product.version > offer.version) ? product : offer
  return (
    <li className={styles.line} data-settling={line.settling}>
      <Link to={`/products/${line.sku}`} className={styles.picture} tabIndex={-1} aria-hidden="true">
        <Picture
          drawing={product?.picture?.drawing ?? null}
          colour={product?.picture?.colour ?? null}
          name={line.name}
          category={product?.category ?? ''}
          decorative
        />
      </Link>
      <div className={styles.text}>
        <h3 className={styles.name}>
          <Link to={`/products/${line.sku}`}>{line.name}</Link>
        </h3>
        <p className={styles.unit}>
          <Price money={line.unit_price} /> each
        </p>
        {sinceAdded(line, now).map((said) => (
          <p key={said} className={styles.said}>
            {said}
          </p>
        ))}
        {line.settling === 'waiting' && <p className={styles.waiting}>Waiting to be sent</p>}
      </div>
      <p className={styles.total}>
        <span className="visually-hidden">Together </span>
        <Price money={times(line.unit_price, line.quantity)} />
      </p>
      <div className={styles.actions}>
        <QuantityField
          label={`Quantity of ${line.name}`}
          value={line.quantity}
          max={MAX_QUANTITY}
          onChange={(quantity) => setQuantity(line.sku, quantity)}
        />
        <button type="button" className="text-button" onClick={onRemove}>
          Remove<span className="visually-hidden"> {line.name}</span>
        </button>
      </div>
    </li>
  )
}
