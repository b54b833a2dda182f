import type { Product } from '../../api/types'
import { CardSkeleton, ProductCard } from './ProductCard'
import styles from './ProductGrid.module.css'

interface ProductGridProps {
  /** Undefined while they are being asked for. */
  products: Product[] | undefined
  /** How many places are kept while they are not there. */
  places: number
  columns?: 'catalogue' | 'row'
}

export function ProductGrid({ products, places, columns = 'row' }: ProductGridProps) {
  return (
    <ul className={`${styles.grid} ${styles[columns]}`}>
      {products === undefined
        ? Array.from({ length: places }, (_, place) => (
            <li key={place}>
              <CardSkeleton />
            </li>
          ))
        : products.map((product) => (
            <li key={product.sku}>
              <ProductCard product={product} />
            </li>
          ))}
    </ul>
  )
}
