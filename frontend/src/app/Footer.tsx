import { Link } from 'react-router'
import { categories } from '../features/catalog/categories'
import styles from './Footer.module.css'

export function Footer() {
  return (
    <footer className={styles.footer}>
      <div className={`page ${styles.inside}`}>
        <p className={styles.name}>Cartwright</p>
        <p className={styles.line}>Well-made things for the home.</p>
        <p className={styles.ways}>
          <Link to="/orders" className={styles.orders}>
            Your orders
          </Link>
          <Link to="/requests" className={styles.orders}>
            What people ask for
          </Link>
        </p>
        <nav aria-label="All categories">
          <ul className={styles.rooms}>
            <li>
              <Link to="/shop">Everything</Link>
            </li>
            {categories.map(({ slug, name }) => (
              <li key={slug}>
                <Link to={`/shop?category=${slug}`}>{name}</Link>
              </li>
            ))}
          </ul>
        </nav>
      </div>
    </footer>
  )
}
