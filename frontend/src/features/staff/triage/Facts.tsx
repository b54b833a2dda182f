// What staff have to know before they answer a request: who asks, and what its product costs and how many there are. Rendered by
// RequestPanel.tsx.
import { useQuery } from '@tanstack/react-query'
import { Link } from 'react-router'
import type { Product, RequestDocument } from '../../../api/types'
import { formatNumber } from '../../../components/locale'
import { formatMoney } from '../../../components/money'
import { stockQuery } from '../api'
import { customerQuery } from './api'
import styles from './Triage.module.css'

interface FactsProps {
  request: RequestDocument
  name: string
  product: Product | undefined
}

export function Facts({ request: { id, sku }, name, product }: FactsProps) {
  return (
    <dl className={styles.known}>
      <Customer id={id} name={name} />
      {product !== undefined && (
        <div>
          <dt>List price</dt>
          <dd>{formatMoney(product.price)}</dd>
        </div>
      )}
      {sku !== null && <Stock sku={sku} />}
    </dl>
  )
}

function Customer({ id, name }: { id: string; name: string }) {
  const { data, isError } = useQuery(customerQuery(id))
  return (
    <div>
      <dt>Customer</dt>
      <dd>
        {data === undefined ? (
          isError ? (
            'Could not be loaded'
          ) : (
            <span aria-busy="true">…</span>
          )
        ) : data === null ? (
          'Account deleted'
        ) : (
          <>
            <a href={`mailto:${data.email}?subject=${encodeURIComponent(name)}`}>{data.email}</a>
            {!data.confirmed && <span className={styles.soft}> (not confirmed)</span>}
          </>
        )}
      </dd>
    </div>
  )
}

function Stock({ sku }: { sku: string }) {
  const { data, isError } = useQuery(stockQuery(sku))
  return (
    <div>
      <dt>In stock</dt>
      <dd>
        {data === undefined || data === null ? (
          isError ? (
            'Could not be loaded'
          ) : (
            <span aria-busy={data === undefined}>…</span>
          )
        ) : (
          <Link to={`/staff/stock?sku=${sku}`}>
            {formatNumber(data.available)} available
            {data.reserved > 0 && `, ${formatNumber(data.reserved)} reserved`}
          </Link>
        )}
      </dd>
    </div>
  )
}
