// An error state: what did not load, why, what is safe, and how to try again. Called by every page that asks the shop.
import { useOnline } from './useOnline'
import styles from './Trouble.module.css'

interface TroubleProps {
  title: string
  /** What is safe, as whole sentences. */
  children?: string
  /** Why, while the browser is online: the connection is not to blame then. */
  reason?: string
  /** It stands in place of the whole page, which then has no other heading of the first level. */
  isPage?: boolean
  onRetry?: () => void
}

export function Trouble({ title, children, reason = OUR_SIDE, isPage = false, onRetry }: TroubleProps) {
  const online = useOnline()
  const Heading = isPage ? 'h1' : 'h2'
  return (
    <div className={styles.trouble} role="alert">
      <Heading className={styles.title}>{title}</Heading>
      <p>
        {online ? reason : OFFLINE} {children}{' '}
        {online ? 'Please try again.' : 'It loads when you are back online.'}
      </p>
      {onRetry !== undefined && (
        <button type="button" className="button" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  )
}

export const OUR_SIDE = 'Something is wrong on our side.'
export const OFFLINE = 'You are offline.'
