// The account at a glance: whose it is, and where everything else is.
import type { ReactNode } from 'react'
import { Link } from 'react-router'
import { When } from '../../components/When'
import { useAccount } from './AccountShell'
import { Unconfirmed } from './Unconfirmed'
import styles from './Account.module.css'

const places = [
  { to: '/account/orders', name: 'Orders', what: 'Track, return or look up your orders.' },
  { to: '/account/requests', name: 'Requests', what: 'Your product requests, alerts and quotes.' },
  { to: '/account/addresses', name: 'Addresses', what: 'Saved addresses for a faster checkout.' },
  {
    to: '/account/security',
    name: 'Security',
    what: 'Your password, second factor, e-mail address and signed-in devices.',
  },
  { to: '/account/data', name: 'Your data', what: 'Download your data, or delete your account.' },
]

export function OverviewPage({ lastOrder }: { lastOrder?: ReactNode }) {
  const { email, is_confirmed, created_at, withheld_roles } = useAccount()
  return (
    <>
      <title>Account · Cartwright</title>
      <h1>Your account</h1>
      <section className={styles.section} aria-label="Account details">
        <p className={styles.entryName}>{email}</p>
        <p className={styles.soft}>
          Customer since <When at={created_at} />
        </p>
        {!is_confirmed && <Unconfirmed email={email} />}
        {withheld_roles.length > 0 && (
          <p className={styles.notice}>
            Your account has a role that is inactive until you have a second factor.{' '}
            <Link to="/account/security">Set up a second factor</Link>, then ask the operator of the shop to
            grant the role again.
          </p>
        )}
      </section>
      {lastOrder}
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
