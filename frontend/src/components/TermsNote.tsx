// What applies to an order, said where it is placed. Rendered above the button that orders.
import { Link } from 'react-router'
import styles from './Note.module.css'

/** The pages open beside this one: what was typed into a card form would be lost with it. */
export function TermsNote() {
  return (
    <p className={styles.note}>
      By ordering you accept our <Beside slug="terms">terms</Beside>. Please also read about your{' '}
      <Beside slug="withdrawal">right of withdrawal</Beside> and how we treat{' '}
      <Beside slug="privacy">your data</Beside>.
    </p>
  )
}

function Beside({ slug, children }: { slug: string; children: string }) {
  return (
    <Link to={`/pages/${slug}`} target="_blank" rel="noopener">
      {children}
      <span className="visually-hidden"> (opens in a new tab)</span>
    </Link>
  )
}
