// Something that moves money is on its way: said plainly, and safe to leave. Called by the checkout and the order page.
import styles from './Waiting.module.css'

interface WaitingProps {
  title: string
  children?: string
  isSlow?: boolean
}

export function Waiting({
  title,
  children = 'This takes a few seconds. You may reload this page: nothing is ordered or paid twice.',
  isSlow = false,
}: WaitingProps) {
  return (
    <div className={styles.waiting} role="status">
      <h1>{title}</h1>
      <span className={styles.line} aria-hidden="true" />
      <p>{children}</p>
      <p className={styles.slow}>
        {isSlow ? 'The shop is slow to answer. We keep asking; there is nothing you have to do.' : '\u00a0'}
      </p>
    </div>
  )
}
