// A page of staff that another role opens: which one, and which there is. Rendered by StaffShell.tsx.
import { Link } from 'react-router'
import type { StaffPage } from './pages'
import styles from './Staff.module.css'

interface OtherRoleProps {
  page: StaffPage
  /** Of the account. */
  roles: readonly string[]
  /** A page that they open. */
  instead: StaffPage
}

export function OtherRole({ page, roles, instead }: OtherRoleProps) {
  const own = roles.filter((role) => role !== 'shopper')
  return (
    <div className={styles.page}>
      <title>{`${page.name} · Staff`}</title>
      <h1>{page.name}</h1>
      <p role="status">
        This page is for {page.roles.join(' and ')}; your account has: {own.join(', ')}.
      </p>
      <p>
        <Link to={instead.path} className={styles.way}>
          Go to {instead.name}
        </Link>
      </p>
    </div>
  )
}
