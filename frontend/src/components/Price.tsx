import type { Money } from '../api/types'
import { formatMoney } from './money'
import styles from './Price.module.css'

/** An amount in figures of one width. `was` stands beside it when the price came down. */
export function Price({ money, was = null }: { money: Money; was?: Money | null }) {
  const cheaper = was !== null && was.currency === money.currency && was.minor > money.minor
  return (
    <span className={styles.price}>
      {formatMoney(money)}
      {cheaper && (
        <>
          {' '}
          <s className={styles.was}>
            <span className="visually-hidden">before: </span>
            {formatMoney(was)}
          </s>
        </>
      )}
    </span>
  )
}
