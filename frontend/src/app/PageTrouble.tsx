import styles from './Page.module.css'

/** When a page's code could not be loaded, or broke. */
export function PageTrouble() {
  return (
    <div className={`page ${styles.alone}`} role="alert">
      <title>Something went wrong · Cartwright</title>
      <h1>This page did not open.</h1>
      <p>Your cart is safe. Loading the page again usually helps.</p>
      <button type="button" className="button" onClick={() => window.location.reload()}>
        Load it again
      </button>
    </div>
  )
}
