// One line about the connection: that the browser is offline, or that the shop is slow to answer. Rendered by what is around the
// pages, and inside the cart's drawer, which hides what is around them.
import { useIsFetching, type Query } from '@tanstack/react-query'
import { LONG_MS, useLate } from './useLate'
import { useOnline } from './useOnline'
import styles from './ConnectionLine.module.css'

interface ConnectionLineProps {
  /** What becomes of changes while the browser is offline. */
  children?: string
  /** Something other than the shop's answers is waited for. */
  isWaiting?: boolean
}

export function ConnectionLine({ children = KEPT, isWaiting = false }: ConnectionLineProps) {
  const isOnline = useOnline()
  const isAsking = useIsFetching({ predicate: hasNothingToShow }) > 0
  const isLate = useLate(isOnline && (isAsking || isWaiting), LONG_MS)
  return (
    <div role="status" aria-label="Connection" className={styles.place}>
      {!isOnline && <p className={styles.line}>You are offline. {children}</p>}
      {isLate && <p className={styles.line}>This takes longer than usual.</p>}
    </div>
  )
}

const KEPT = 'Changes to your cart are kept and sent when you are back online.'

/** Somebody looks at a place that is still empty. */
function hasNothingToShow(query: Query): boolean {
  return query.state.data === undefined && query.isActive()
}
