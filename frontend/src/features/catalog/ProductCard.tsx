import { Link } from 'react-router'
import type { Product } from '../../api/types'
import { availabilityInWords } from '../../components/availability'
import { Picture } from '../../components/picture/Picture'
import { Price } from '../../components/Price'
import styles from './ProductCard.module.css'

export function ProductCard({ product }: { product: Product }) {
  return (
    <article className={styles.card}>
      <Picture
        drawing={product.picture?.drawing ?? null}
        colour={product.picture?.colour ?? null}
        name={product.name}
        category={product.category}
        decorative
        className={styles.picture}
      />
      <h3 className={styles.name}>
        <Link to={`/products/${product.sku}`} className={styles.link}>
          {product.name}
        </Link>
      </h3>
      <p className={styles.facts}>
        <Price money={product.price} was={product.previous_price} />
        {product.availability !== 'in-stock' && (
          <span className={styles.availability}>{availabilityInWords(product)}</span>
        )}
      </p>
    </article>
  )
}

/** Stands where a card will be, in the same geometry. */
export function CardSkeleton() {
  return (
    <div className={styles.card} aria-hidden="true">
      <div className={`skeleton ${styles.emptyPicture}`} />
      <p className={styles.name}>
        <span className="skeleton">A product of the shop</span>
      </p>
      <p className={styles.facts}>
        <span className="skeleton">00.00 €</span>
      </p>
    </div>
  )
}
