import { Link } from 'react-router'
import { ChangedPrice } from '../../components/ChangedPrice'
import { times } from '../../components/money'
import { Picture } from '../../components/picture/Picture'
import { QuantityField } from '../../components/QuantityField'
import { useCart } from './CartContext'
import type { LineToday } from './today'
import { MAX_QUANTITY } from './wishes'
import { sinceAdded } from './words'
import styles from './CartLineRow.module.css'

interface CartLineRowProps {
  line: LineToday
  onRemove: () => void
}

export function CartLineRow({ line, onRemove }: CartLineRowProps) {
  const { setQuantity } = useCart()
  const { product, now, price, unit_price, quantity } = line
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
          <ChangedPrice money={price} was={unit_price} /> each
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
        <ChangedPrice money={times(price, quantity)} was={times(unit_price, quantity)} />
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
