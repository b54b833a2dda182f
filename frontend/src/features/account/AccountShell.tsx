// What is around the pages of an account: only for whoever is signed in, with the ways between them.
import { useQuery } from '@tanstack/react-query'
import { Navigate, NavLink, Outlet, useLocation, useOutletContext } from 'react-router'
import { beginSession, useSession } from '../../api/session'
import { Trouble } from '../../components/Trouble'
import { accountQuery } from './api'
import { withThen } from './then'
import type { Account } from './types'
import styles from './Account.module.css'

const places = [
  { to: '/account', name: 'Overview' },
  { to: '/account/inbox', name: 'Inbox' },
  { to: '/account/orders', name: 'Orders' },
  { to: '/account/requests', name: 'Requests' },
  { to: '/account/addresses', name: 'Addresses' },
  { to: '/account/security', name: 'Security', hasPages: true },
  { to: '/account/data', name: 'Your data' },
]

export function AccountShell() {
  const { pathname } = useLocation()
  const session = useSession()
  const begun = useQuery({ queryKey: ['account', 'session'], queryFn: () => beginSession() })
  const isSignedIn = (session?.account ?? null) !== null
  const account = useQuery({ ...accountQuery(), enabled: isSignedIn })

  if (session !== null && !isSignedIn) return <Navigate to={withThen('/sign-in', pathname)} replace />
  const isError = account.data === undefined && (account.isError || (session === null && begun.isError))
  return (
    <div className={`page ${styles.layout}`}>
      <nav aria-label="Account" className={styles.nav}>
        <ul>
          {places.map(({ to, name, hasPages = false }) => (
            <li key={to}>
              <NavLink to={to} end={!hasPages}>
                {name}
              </NavLink>
            </li>
          ))}
        </ul>
      </nav>
      <div className={styles.content}>
        {isError && (
          <Trouble
            isPage
            title="Your account did not load"
            onRetry={() => {
              void begun.refetch()
              if (isSignedIn) void account.refetch()
            }}
          >
            Nothing was changed.
          </Trouble>
        )}
        {account.data === undefined && !isError && <AccountSkeleton />}
        {account.data !== undefined && <Outlet context={account.data} />}
      </div>
    </div>
  )
}

/** For the pages inside. */
export function useAccount(): Account {
  return useOutletContext<Account>()
}

function AccountSkeleton() {
  return (
    <div aria-busy="true" className={styles.section}>
      <title>Account · Cartwright</title>
      <p className="visually-hidden" role="status">
        Loading your account
      </p>
      <div className={`skeleton ${styles.place}`} />
      <div className={`skeleton ${styles.place}`} />
    </div>
  )
}
