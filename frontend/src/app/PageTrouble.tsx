// What stands in place of a page that did not load, or broke. What is around the page stays.
import { OFFLINE, OUR_SIDE } from '../components/Trouble'
import { useOnline } from '../components/useOnline'
import styles from './Page.module.css'

export interface NotLoadedProps {
  onRetry: () => void
}

/** A page's code could not be loaded. */
export function PageNotLoaded({ onRetry }: NotLoadedProps) {
  const isOnline = useOnline()
  return (
    <div className={`page ${styles.alone}`} role="alert">
      <title>Not loaded · Cartwright</title>
      <h1>This page did not load.</h1>
      <p>
        {isOnline
          ? `${OUR_SIDE} Your cart is safe. Please try again.`
          : `${OFFLINE} Your cart is safe. The page opens when you are back online.`}
      </p>
      <button type="button" className="button" onClick={onRetry}>
        Try again
      </button>
    </div>
  )
}

/** A page broke while it was shown. */
export function PageTrouble() {
  return (
    <div className={`page ${styles.alone}`} role="alert">
      <title>Something went wrong · Cartwright</title>
      <h1>This page broke.</h1>
      <p>{OUR_SIDE} Your cart is safe. Loading the page again usually helps.</p>
      <button type="button" className="button" onClick={() => window.location.reload()}>
        Load it again
      </button>
    </div>
  )
}

/** The same where nothing is around the page. */
export function AloneNotLoaded(props: NotLoadedProps) {
  return (
    <main>
      <PageNotLoaded {...props} />
    </main>
  )
}

/** What is around the pages broke as well. */
export function ShopTrouble() {
  return (
    <main>
      <PageTrouble />
    </main>
  )
}
