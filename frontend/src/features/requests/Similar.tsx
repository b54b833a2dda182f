// What is alike while somebody types: things that the shop has, and requests to join instead of making the same again.
// Rendered by RequestForm.tsx.
import { useQuery } from '@tanstack/react-query'
import { Link } from 'react-router'
import { useProducts } from '../../api/products'
import type { Product, SimilarRequest } from '../../api/types'
import { availabilityInWords } from '../../components/availability'
import { Picture } from '../../components/picture/Picture'
import { Price } from '../../components/Price'
import { requestName, requestStateInWords } from '../../components/request/words'
import { similarProductsQuery, similarRequestsQuery } from './api'
import { SupportButton } from './SupportButton'
import { useDebounced } from './useDebounced'
import styles from './RequestForm.module.css'

const TYPING_PAUSE_MS = 250
/** Fewer letters are like everything. */
const FEWEST_LETTERS = 3

export function Similar({ title }: { title: string }) {
  const asked = useDebounced(title.trim().replaceAll(/\s+/g, ' '), TYPING_PAUSE_MS)
  const isAsked = asked.length >= FEWEST_LETTERS
  // Each title is a question of its own: an answer that comes late is not this one's.
  const requests = useQuery({ ...similarRequestsQuery(asked), enabled: isAsked })
  const products = useQuery({ ...similarProductsQuery(asked), enabled: isAsked })
  const foundRequests = isAsked ? (requests.data ?? []) : []
  const foundProducts = isAsked ? (products.data ?? []) : []
  const isSettled = !requests.isFetching && !products.isFetching
  const count = foundRequests.length + foundProducts.length

  return (
    <aside className={styles.similar} aria-label="Similar products and requests">
      <p role="status" className="visually-hidden">
        {isAsked && isSettled ? inWords(foundRequests.length, foundProducts.length) : ''}
      </p>
      {count > 0 && <h2>Is it one of these?</h2>}
      {foundProducts.length > 0 && <Products products={foundProducts} />}
      {foundRequests.length > 0 && <Requests requests={foundRequests} />}
      {count === 0 && (
        <p className={styles.soft}>
          {isAsked && isSettled
            ? requests.isError
              ? 'Similar requests did not load. You can still send yours.'
              : 'No similar products or requests yet.'
            : 'Similar products and requests appear here as you type.'}
        </p>
      )}
    </aside>
  )
}

function Products({ products }: { products: Product[] }) {
  return (
    <section aria-labelledby="similar-products">
      <h3 id="similar-products">In the shop</h3>
      <ul>
        {products.map((product) => (
          <li key={product.sku} className={styles.product}>
            <Picture
              drawing={product.picture?.drawing ?? null}
              colour={product.picture?.colour ?? null}
              name={product.name}
              category={product.category}
              decorative
              className={styles.picture}
            />
            <p>
              <Link to={`/products/${product.sku}`} className={styles.name}>
                {product.name}
              </Link>
              <span className={styles.soft}>
                <Price money={product.price} /> · {availabilityInWords(product)}
              </span>
            </p>
          </li>
        ))}
      </ul>
    </section>
  )
}

function Requests({ requests }: { requests: SimilarRequest[] }) {
  const skus = requests.flatMap(({ sku, title }) => (sku === null || title !== null ? [] : [sku]))
  const products = useProducts(skus)
  return (
    <section aria-labelledby="similar-requests">
      <h3 id="similar-requests">Already requested</h3>
      <ul>
        {requests.map((request) => {
          const name = requestName(request, products.get(request.sku ?? '')?.name)
          return (
            <li key={request.id} className={styles.request}>
              <p>
                <Link to={`/requests/${request.id}`} className={styles.name}>
                  {name}
                </Link>
                <span className={styles.soft}>{requestStateInWords(request.state)}</span>
              </p>
              <SupportButton request={request} name={name} />
            </li>
          )
        })}
      </ul>
    </section>
  )
}

function inWords(requests: number, products: number): string {
  if (requests + products === 0) return 'No similar products or requests yet.'
  const parts = [
    requests === 0 ? null : requests === 1 ? '1 request' : `${requests} requests`,
    products === 0 ? null : products === 1 ? '1 product' : `${products} products`,
  ].filter((part) => part !== null)
  return `Similar: ${parts.join(' and ')}.`
}
