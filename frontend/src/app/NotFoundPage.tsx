import { Link } from 'react-router'
import styles from './Page.module.css'

export function NotFoundPage() {
  return (
    <div className={`page ${styles.alone}`}>
      <title>Not found · Cartwright</title>
      <h1>There is nothing on this shelf.</h1>
      <p>The address may be mistyped, or we no longer sell this product. Your cart is kept.</p>
      <Link to="/shop" className="button">
        Shop all
      </Link>
    </div>
  )
}
