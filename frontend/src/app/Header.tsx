import { Link, useLocation } from 'react-router'
import { CartButton } from '../features/cart/CartButton'
import { categories } from '../features/catalog/categories'
import { SearchBox } from '../features/catalog/SearchBox'
import { AccountButton } from './AccountButton'
import styles from './Header.module.css'

export function Header() {
  const { pathname, search } = useLocation()
  const category = pathname === '/shop' ? new URLSearchParams(search).get('category') : null
  return (
    <header className={styles.header}>
      <div className={`page ${styles.bar}`}>
        <Link to="/" className={styles.name}>
          Cartwright
        </Link>
        <nav className={styles.rooms} aria-label="Categories">
          <ul>
            {categories.map(({ slug, name }) => (
              <li key={slug}>
                <Link to={`/shop?category=${slug}`} aria-current={category === slug ? 'page' : undefined}>
                  {name}
                </Link>
              </li>
            ))}
          </ul>
        </nav>
        <div className={styles.tools}>
          <div className={styles.search}>
            <SearchBox />
          </div>
          <Link to="/shop" state={{ focusSearch: true }} className={styles.toSearch}>
            Search
          </Link>
          <AccountButton />
          <CartButton />
        </div>
      </div>
    </header>
  )
}
