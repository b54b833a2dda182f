// What is below every page of the shop: its parts, the help and who runs it.
import type { ReactNode } from 'react'
import { Link } from 'react-router'
import { categories } from '../features/catalog/categories'
import { aboutPages, helpPages, type PageLink } from '../features/pages/pages'
import styles from './Footer.module.css'

export function Footer() {
  return (
    <footer className={styles.footer}>
      <div className={`page ${styles.inside}`}>
        <div className={styles.shop}>
          <p className={styles.name}>Cartwright</p>
          <p className={styles.line}>Well-made things for the home.</p>
        </div>
        <nav aria-label="All categories" className={styles.group}>
          <h2 className={styles.title}>Shop</h2>
          <ul className={styles.rooms}>
            <Way to="/shop">Everything</Way>
            {categories.map(({ slug, name }) => (
              <Way key={slug} to={`/shop?category=${slug}`}>
                {name}
              </Way>
            ))}
          </ul>
        </nav>
        <nav aria-label="Help" className={styles.group}>
          <h2 className={styles.title}>Help</h2>
          <ul>
            <Way to="/orders">Your orders</Way>
            <Texts pages={helpPages} />
          </ul>
        </nav>
        <nav aria-label="About" className={styles.group}>
          <h2 className={styles.title}>About</h2>
          <ul>
            <Texts pages={aboutPages} />
            <Way to="/requests">Product requests</Way>
          </ul>
        </nav>
      </div>
    </footer>
  )
}

function Way({ to, children }: { to: string; children: ReactNode }) {
  return (
    <li>
      <Link to={to}>{children}</Link>
    </li>
  )
}

function Texts({ pages }: { pages: PageLink[] }) {
  return pages.map(({ slug, name }) => (
    <Way key={slug} to={`/pages/${slug}`}>
      {name}
    </Way>
  ))
}
