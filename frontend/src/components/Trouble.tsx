import styles from './Trouble.module.css'

/** An error state: what happened, what is safe, what to do. */
export function Trouble({
  title,
  children,
  onRetry,
}: {
  title: string
  children: string
  onRetry?: () => void
}) {
  return (
    <div className={styles.trouble} role="alert">
      <h2>{title}</h2>
      <p>{children}</p>
      {onRetry !== undefined && (
        <button type="button" className="button" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  )
}
