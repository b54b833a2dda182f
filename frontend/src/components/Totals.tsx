// What an order comes to, as the server says it. Called by the summary of the checkout, the order page and the staff's.
import type { ReactNode } from 'react'
import type { Totals as Amounts } from '../api/types'
import { Price } from './Price'
import styles from './Totals.module.css'

interface TotalsProps {
  totals: Amounts
  code: string | null
  /** Shown instead of what depends on where it is sent, while that is not known. */
  until?: string | undefined
  /** The numbers are of a moment ago; newer ones are on their way. */
  isUpdating?: boolean
}

export function Totals({ totals, code, until, isUpdating = false }: TotalsProps) {
  const rate = `${totals.tax_rate / 100}\u00a0%`
  return (
    <dl className={styles.totals} data-updating={isUpdating}>
      <Row name="Subtotal">
        <Price money={totals.subtotal} />
      </Row>
      {totals.discount.minor > 0 && (
        <Row name={code === null ? 'Discount' : `Discount ${code}`}>
          −<Price money={totals.discount} />
        </Row>
      )}
      <Row name="Shipping">
        {until ?? (totals.shipping.minor === 0 ? 'Free' : <Price money={totals.shipping} />)}
      </Row>
      {until === undefined && !totals.tax_included && (
        <Row name={`Tax ${rate}`}>
          <Price money={totals.tax} />
        </Row>
      )}
      <div className={styles.total}>
        <dt>
          Total <span className={styles.updating}>{isUpdating ? 'updating' : ''}</span>
        </dt>
        <dd data-testid="total">{until === undefined ? <Price money={totals.total} /> : '–'}</dd>
      </div>
      {until === undefined && totals.tax_included && totals.tax.minor > 0 && (
        <div className={styles.included}>
          <dt>{`includes ${rate} tax`}</dt>
          <dd>
            <Price money={totals.tax} />
          </dd>
        </div>
      )}
    </dl>
  )
}

function Row({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className={styles.row}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}
