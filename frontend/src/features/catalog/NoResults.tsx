// The catalogue without a match: where the words do find something, what comes closest, and how to ask for it.
import { Link } from 'react-router'
import type { ProductPage } from '../../api/types'
import { filtersToParams, noFilters, type Filters } from './filters'
import { placeLabel } from './labels'
import { ProductGrid } from './ProductGrid'
import styles from './NoResults.module.css'

interface NoResultsProps {
  filters: Filters
  results: Pick<ProductPage, 'elsewhere' | 'nearest' | 'without_words'>
}

export default function NoResults({ filters, results }: NoResultsProps) {
  const q = filters.q.trim()
  const { elsewhere, nearest } = results
  if (results.without_words) {
    return (
      <div className={styles.none}>
        <h2>There is no letter or digit in “{q}”</h2>
        <p>Type a word or a number, such as “mug”.</p>
        <Nearest products={nearest} title="Or choose one of these" />
      </div>
    )
  }
  if (q === '') {
    return (
      <div className={styles.none}>
        <h2>0 products {placeLabel(filters)}</h2>
        <p>
          <Link to="/shop" className={styles.way}>
            Show all products
          </Link>
        </p>
      </div>
    )
  }
  if (elsewhere !== null && elsewhere > 0) {
    return (
      <div className={styles.none}>
        <h2>
          0 {placeLabel(filters)}, {elsewhere} in the whole shop
        </h2>
        <p>
          <Link to={wholeShop(q)} className={styles.way}>
            {elsewhere === 1 ? 'Show it' : `Show all ${elsewhere}`}
          </Link>
        </p>
      </div>
    )
  }
  return (
    <div className={styles.none}>
      <h2>Nothing matches “{q}”</h2>
      <p>{nearest.length === 0 ? 'Try another word, or a shorter one.' : 'These products come closest.'}</p>
      <Nearest products={nearest} title="Closest products" isTitleHidden />
      <p>
        <Link to={`/requests/new?kind=missing_product&title=${encodeURIComponent(q)}`} className="button">
          Ask us to get “{q}”
        </Link>
      </p>
    </div>
  )
}

function wholeShop(q: string): string {
  return `/shop?${filtersToParams({ ...noFilters, q })}`
}

interface NearestProps {
  products: ProductPage['nearest']
  title: string
  isTitleHidden?: boolean
}

function Nearest({ products, title, isTitleHidden = false }: NearestProps) {
  if (products.length === 0) return null
  return (
    <section className={styles.nearest} aria-labelledby="nearest">
      <h3 id="nearest" className={isTitleHidden ? 'visually-hidden' : undefined}>
        {title}
      </h3>
      <ProductGrid products={products} places={products.length} columns="catalogue" />
    </section>
  )
}
