import { useQuery } from '@tanstack/react-query'
import type { ComponentType } from 'react'
import { Link, useParams } from 'react-router'
import type { Product } from '../../api/types'
import { availabilityInWords, canBeBought } from '../../components/availability'
import { Picture } from '../../components/picture/Picture'
import { Price } from '../../components/Price'
import { Trouble } from '../../components/Trouble'
import { productQuery, relatedQuery } from './api'
import { categoryName } from './categories'
import { ProductGrid } from './ProductGrid'
import styles from './ProductPage.module.css'

interface ProductPageProps {
  /** How a product is put into the cart: the cart's own, handed in by the app. */
  Buy: ComponentType<{ product: Product }>
  /** What is offered in its place while it is sold out. */
  Wait: ComponentType<{ product: Product }>
  NotFound: ComponentType
}

export function ProductPage({ Buy, Wait, NotFound }: ProductPageProps) {
  const { sku = '' } = useParams()
  const { data: product, isError, refetch } = useQuery(productQuery(sku))
  if (product === null) return <NotFound />
  if (product === undefined && isError) {
    return (
      <div className="page">
        <title>Cartwright</title>
        <Trouble isPage title="This page did not load" onRetry={() => void refetch()}>
          Your cart is safe.
        </Trouble>
      </div>
    )
  }
  return product === undefined ? (
    <ProductSkeleton />
  ) : (
    <Shown key={product.sku} product={product} Buy={Buy} Wait={Wait} />
  )
}

function Shown({ product, Buy, Wait }: Omit<ProductPageProps, 'NotFound'> & { product: Product }) {
  return (
    <div className={`page ${styles.layout}`}>
      <title>{`${product.name} · Cartwright`}</title>
      <div className={styles.stage}>
        <Picture
          drawing={product.picture?.drawing ?? null}
          colour={product.picture?.colour ?? null}
          name={product.name}
          category={product.category}
          className={styles.picture}
        />
      </div>
      <div className={styles.text}>
        <p className={styles.category}>
          <Link to={`/shop?category=${product.category}`}>{categoryName(product.category)}</Link>
        </p>
        <h1 className={styles.name}>{product.name}</h1>
        <p className={styles.price}>
          <Price money={product.price} was={product.previous_price} />
        </p>
        <p className={styles.description}>{product.description}</p>
        <p className={styles.availability} data-availability={product.listed ? product.availability : 'gone'}>
          {availabilityInWords(product)}
        </p>
        {canBeBought(product) ? <Buy product={product} /> : product.listed && <Wait product={product} />}
        <dl className={styles.facts}>
          <div>
            <dt>Item no.</dt>
            <dd>{product.sku}</dd>
          </div>
          {product.listed && (
            <div>
              <dt>Buying several?</dt>
              <dd>
                <Link to={`/requests/new?kind=quote&sku=${product.sku}`}>Request a quote</Link>
              </dd>
            </div>
          )}
        </dl>
      </div>
      <Related product={product} />
    </div>
  )
}

function Related({ product }: { product: Product }) {
  const { data, isError } = useQuery(relatedQuery(product))
  if (isError || data?.length === 0) return null
  return (
    <section className={styles.related} aria-labelledby="related">
      <h2 id="related">Also in {categoryName(product.category)}</h2>
      <ProductGrid products={data} places={4} />
    </section>
  )
}

export function ProductSkeleton() {
  return (
    <div className={`page ${styles.layout}`} aria-busy="true">
      <title>Cartwright</title>
      <div className={styles.stage}>
        <div className={`skeleton ${styles.picture} ${styles.emptyPicture}`} />
      </div>
      <div className={styles.text}>
        <p className={styles.category}>
          <span className="skeleton">Category</span>
        </p>
        <p className={styles.name}>
          <span className="skeleton">A product of the shop</span>
        </p>
        <p className={styles.price}>
          <span className="skeleton">00.00 €</span>
        </p>
        <p className="visually-hidden" role="status">
          Loading
        </p>
      </div>
    </div>
  )
}
