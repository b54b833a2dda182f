import { Suspense, type ReactNode } from 'react'
import { Link, useLocation } from 'react-router'
import { useSession } from '../api/session'
import { lazyWithRetry } from '../components/lazyWithRetry'
import { CartButton } from '../features/cart/CartButton'
import { categories } from '../features/catalog/categories'
import { SearchBox } from '../features/catalog/SearchBox'
import { AccountButton } from './AccountButton'
import styles from './Header.module.css'

const InboxButton = lazyWithRetry(() => import('../features/inbox/InboxButton'))

/** What is inside it comes below its bar. */
export function Header({ children }: { children?: ReactNode }) {
  const { pathname, search } = useLocation()
  const hasAccount = (useSession()?.account ?? null) !== null
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
            <svg viewBox="0 0 24 24" className={styles.glass} aria-hidden="true">
              <circle cx="10.5" cy="10.5" r="6" />
              <path d="m15 15 5 5" />
            </svg>
            <span className="visually-hidden">Search</span>
          </Link>
          {hasAccount && (
            <Suspense fallback={<span className={styles.placeOfInbox} />}>
              <InboxButton />
            </Suspense>
          )}
          <AccountButton />
          <CartButton />
        </div>
      </div>
      {children}
    </header>
  )
}
