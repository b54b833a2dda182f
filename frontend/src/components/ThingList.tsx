// Things with their pictures, how many of each, and what they cost. Called by the summary of the checkout and the order page.
import { useProducts } from '../api/products'
import type { Money, Quote } from '../api/types'
import { ChangedPrice } from './ChangedPrice'
import { times } from './money'
import { Picture } from './picture/Picture'
import styles from './ThingList.module.css'

type Line = Quote['lines'][number]
type Thing = Pick<Line, 'sku' | 'name' | 'quantity' | 'unit_price' | 'line_total'> & {
  /** What it cost when it was put into the cart, where that differs. */
  previous_price?: Money | null
}

export function ThingList({ things }: { things: Thing[] }) {
  const products = useProducts(things.map(({ sku }) => sku))
  return (
    <ul className={styles.things}>
      {things.map(({ sku, name, quantity, unit_price, line_total, previous_price: was = null }) => (
        <li key={sku} className={styles.thing}>
          <Picture
            drawing={products.get(sku)?.picture?.drawing ?? null}
            colour={products.get(sku)?.picture?.colour ?? null}
            name={name}
            category={products.get(sku)?.category ?? ''}
            decorative
            className={styles.picture}
          />
          <div>
            <p className={styles.name}>{name}</p>
            <p className={styles.unit}>
              {quantity} × <ChangedPrice money={unit_price} was={was} />
            </p>
          </div>
          <p className={styles.total}>
            <ChangedPrice money={line_total} was={was && times(was, quantity)} />
          </p>
        </li>
      ))}
    </ul>
  )
}
