// How much of one product is in stock and for which orders it is reserved. Staff enter what arrived and what was counted.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useId, useState } from 'react'
import { Link, useSearchParams } from 'react-router'
import type { Stock } from '../../api/types'
import { orderNumber } from '../../components/orderWords'
import { Trouble } from '../../components/Trouble'
import { useAccess } from './access'
import { productQuery, skusQuery, stockQuery } from './api'
import { StockForms } from './StockForms'
import { useLeaveWhenForbidden } from './useLeaveWhenForbidden'
import styles from './Staff.module.css'

export function StockPage() {
  const { canChange } = useAccess()
  const client = useQueryClient()
  const [params, setParams] = useSearchParams()
  const sku = params.get('sku') ?? ''
  const { data: stock, error, isError, isFetching, refetch } = useQuery(stockQuery(sku))
  const { data: product, isLoading: isLookedUp } = useQuery(productQuery(sku))
  useLeaveWhenForbidden(error)
  const again = () => void client.invalidateQueries({ queryKey: ['staff', 'stock', sku] })

  const isWaiting =
    (stock === undefined && !isError && isFetching) || (stock !== undefined && stock !== null && isLookedUp)
  const isUnknown = stock === null || (product === null && stock !== undefined && isNothing(stock))

  return (
    <div className={styles.page}>
      <title>Stock · Staff</title>
      <h1>Stock</h1>
      <FindSku key={sku} sku={sku} onFind={(wanted) => setParams(wanted === '' ? {} : { sku: wanted })} />
      {sku === '' && <p className={styles.empty}>Enter the SKU of a product to see its stock.</p>}
      {isUnknown && (
        <p className={styles.empty} role="status">
          There is no product with the SKU {sku}. Check the spelling.
        </p>
      )}
      {stock === undefined && isError && (
        <Trouble title="The stock did not load" onRetry={() => void refetch()} />
      )}
      {isWaiting && <div aria-busy="true" className={`skeleton ${styles.placeOfOrder}`} />}
      {stock !== undefined && stock !== null && !isUnknown && !isWaiting && (
        <div className={canChange ? styles.columns : undefined}>
          <Shown stock={stock} name={product?.name} />
          {canChange && <StockForms stock={stock} onDone={again} />}
        </div>
      )}
    </div>
  )
}

/** The shop says so of every name that anybody thinks of. What lies there is shown, though the catalogue may be behind. */
function isNothing({ on_hand, reserved }: Stock): boolean {
  return on_hand === 0 && reserved === 0
}

function FindSku({ sku, onFind }: { sku: string; onFind: (sku: string) => void }) {
  const id = useId()
  const [typed, setTyped] = useState(sku)
  const { data: known } = useQuery(skusQuery())
  return (
    <form
      role="search"
      className={styles.find}
      onSubmit={(event) => {
        event.preventDefault()
        onFind(typed.trim().toUpperCase())
      }}
    >
      <label htmlFor={id}>SKU</label>
      <input
        id={id}
        value={typed}
        list={`${id}-known`}
        autoComplete="off"
        autoCapitalize="characters"
        spellCheck={false}
        maxLength={64}
        onChange={(event) => setTyped(event.target.value)}
      />
      <datalist id={`${id}-known`}>
        {known?.map(({ sku: one, name }) => (
          <option key={one} value={one}>
            {name}
          </option>
        ))}
      </datalist>
      <button type="submit" className="button">
        Show
      </button>
    </form>
  )
}

interface ShownProps {
  stock: Stock
  /** As far as the catalogue says it. */
  name: string | undefined
}

function Shown({ stock: { sku, on_hand, reserved, available, reservations }, name }: ShownProps) {
  return (
    <div className={styles.stack}>
      <div>
        <h2>{sku}</h2>
        {name !== undefined && <p className={styles.soft}>{name}</p>}
      </div>
      <dl className={styles.figures}>
        <div>
          <dt>On hand</dt>
          <dd>{on_hand}</dd>
        </div>
        <div>
          <dt>Reserved</dt>
          <dd>{reserved}</dd>
        </div>
        <div>
          <dt>Available</dt>
          <dd>{available}</dd>
        </div>
      </dl>
      {reservations.length === 0 ? (
        <p className={styles.soft}>None of it is reserved for an order that is being paid.</p>
      ) : (
        <table className={styles.table}>
          <caption>Reserved for orders that are being paid</caption>
          <thead>
            <tr>
              <th scope="col">Order</th>
              <th scope="col" className={styles.number}>
                Quantity
              </th>
            </tr>
          </thead>
          <tbody>
            {reservations.map(({ order, quantity }) => (
              <tr key={order}>
                <th scope="row">
                  <Link to={`/staff/orders/${order}`}>{orderNumber(order)}</Link>
                </th>
                <td className={styles.number}>{quantity}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  )
}
