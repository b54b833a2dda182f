// Something that moves money is on its way: said plainly, and safe to leave. Called by the checkout and the order page.
import { LONG_MS, TOO_LONG_MS, useLate } from './useLate'
import styles from './Waiting.module.css'

interface WaitingProps {
  title: string
  children?: string
  /** The shop did not answer at once: it is being asked again. */
  isSlow?: boolean
}

export function Waiting({
  title,
  children = 'This takes a few seconds. You may reload this page: nothing is ordered or paid twice.',
  isSlow = false,
}: WaitingProps) {
  const isLate = useLate(true, LONG_MS)
  const isTooLate = useLate(true, TOO_LONG_MS)
  return (
    <div className={styles.waiting}>
      <div className={styles.said} role="status">
        <h1>{title}</h1>
        <span className={styles.line} aria-hidden="true" />
        <p>{children}</p>
        <p className={styles.slow}>
          {isSlow || isLate
            ? 'This takes longer than usual. We keep asking; you need not do anything.'
            : '\u00a0'}
        </p>
      </div>
      {isTooLate && (
        <button type="button" className="button" onClick={() => window.location.reload()}>
          Reload this page
        </button>
      )}
    </div>
  )
}
