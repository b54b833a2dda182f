// What something costs now, after what it cost before, struck through. Called wherever sums of a cart are shown.
import type { Money } from '../api/types'
import { formatMoney } from './money'
import styles from './Price.module.css'

interface ChangedPriceProps {
  money: Money
  /** Null, or the same amount: nothing changed. */
  was: Money | null
}

export function ChangedPrice({ money, was }: ChangedPriceProps) {
  return (
    <span className={styles.changed}>
      <Was was={was} money={money} />
      <span className={styles.price}>{formatMoney(money)}</span>
    </span>
  )
}

/** The old amount alone, where it differs from the one that stands beside it. */
export function Was({ was, money }: ChangedPriceProps) {
  if (was === null || was.currency !== money.currency || was.minor === money.minor) return null
  return (
    <>
      <s className={styles.before}>
        <span className="visually-hidden">was </span>
        {formatMoney(was)}
      </s>{' '}
      <span className="visually-hidden">now </span>
    </>
  )
}
