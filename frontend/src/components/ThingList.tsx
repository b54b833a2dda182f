// Things with their pictures, how many of each, and what they cost. Called by the summary of the checkout and the order page.
import { useProducts } from '../api/products'
import type { Quote } from '../api/types'
import { Picture } from './picture/Picture'
import { Price } from './Price'
import styles from './ThingList.module.css'

type Thing = Pick<Quote['lines'][number], 'sku' | 'name' | 'quantity' | 'unit_price' | 'line_total'>

export function ThingList({ things }: { things: Thing[] }) {
  const products = useProducts(things.map(({ sku }) => sku))
  return (
    <ul className={styles.things}>
      {things.map(({ sku, name, quantity, unit_price, line_total }) => (
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
              {quantity} × <Price money={unit_price} />
            </p>
          </div>
          <p className={styles.total}>
            <Price money={line_total} />
          </p>
        </li>
      ))}
    </ul>
  )
}
