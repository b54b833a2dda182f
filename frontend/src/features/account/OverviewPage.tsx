// The account at a glance: whose it is, and where everything else is.
import { Link } from 'react-router'
import { When } from '../../components/When'
import { useAccount } from './AccountShell'
import { Unconfirmed } from './Unconfirmed'
import styles from './Account.module.css'

const places = [
  { to: '/account/orders', name: 'Orders', what: 'What you ordered, and where it is.' },
  { to: '/account/requests', name: 'Requests', what: 'What you asked for, and what became of it.' },
  { to: '/account/addresses', name: 'Addresses', what: 'Filled in for you when you check out.' },
  {
    to: '/account/security',
    name: 'Security',
    what: 'Your password, your second factor, and where you are signed in.',
  },
  { to: '/account/data', name: 'Your data', what: 'Take it with you, or delete it.' },
]

export function OverviewPage() {
  const { email, is_confirmed, created_at, withheld_roles } = useAccount()
  return (
    <>
      <title>Account · Cartwright</title>
      <h1>Your account</h1>
      <section className={styles.section} aria-label="Whose account it is">
        <p className={styles.entryName}>{email}</p>
        <p className={styles.soft}>
          Here since <When at={created_at} />
        </p>
        {!is_confirmed && <Unconfirmed email={email} />}
        {withheld_roles.length > 0 && (
          <p className={styles.notice}>
            Your account has a role that does not count without a second factor.{' '}
            <Link to="/account/security">Set up a second factor</Link>, and have the role granted again.
          </p>
        )}
      </section>
      <ul className={styles.list}>
        {places.map(({ to, name, what }) => (
          <li key={to} className={`${styles.entry} ${styles.way}`}>
            <p className={styles.entryName}>
              <Link to={to}>{name}</Link>
            </p>
            <p className={styles.soft}>{what}</p>
          </li>
        ))}
      </ul>
    </>
  )
}
