// What is around every page of staff: it lets in an account that has a role, and links to the pages that its roles open.
import { useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { Link, Navigate, NavLink, Outlet, ScrollRestoration, useLocation } from 'react-router'
import {
  beginSession,
  hasStaffRole,
  onSessionChange,
  renewSession,
  useSession,
  type Session,
} from '../../api/session'
import { Trouble } from '../../components/Trouble'
import { AccessContext } from './access'
import { elsewhere, pagesOf } from './pages'
import { SignIn, type Visitor } from './SignIn'
import styles from './Staff.module.css'

export function StaffShell() {
  const client = useQueryClient()
  const { pathname } = useLocation()
  const { session, isUnanswered, askAgain } = useAskedSession()
  const [wasRefused, setRefused] = useState(false)
  const main = useRef<HTMLElement>(null)
  const before = useRef(pathname)

  // A new page begins at its beginning, also for the keyboard. What has the focus in it by then keeps it: a panel was closed.
  useEffect(() => {
    const isInside = main.current?.contains(document.activeElement) ?? false
    if (before.current !== pathname && !isInside) main.current?.focus({ preventScroll: true })
    before.current = pathname
  }, [pathname])

  // Somebody signed in in another tab, or the roles are others now.
  useEffect(() => onSessionChange(({ now }) => now?.account != null && setRefused(false)), [])

  const leave = useCallback(
    (why: 'forbidden' | 'unknown') => {
      const end = () => {
        setRefused(true)
        // What staff saw is nothing for whoever comes next.
        client.removeQueries({ queryKey: ['staff'] })
      }
      if (why === 'forbidden') end()
      renewSession().then(
        ({ account }) => {
          if (why === 'forbidden') return
          // After a restart of Redis the session is the same as before, once the command API was asked.
          if (hasStaffRole(account?.roles ?? [])) void client.invalidateQueries({ queryKey: ['staff'] })
          else end()
        },
        () => {
          // The page says by itself that the shop does not answer.
        },
      )
    },
    [client],
  )

  const account = session?.account ?? null
  const roles = account === null || wasRefused ? [] : account.roles
  const isLetIn = hasStaffRole(roles)
  const canChange = roles.includes('staff')
  const access = useMemo(() => ({ canChange, leave }), [canChange, leave])
  const otherPage = elsewhere(pathname, roles)

  return (
    <div className={styles.shell}>
      <a href="#main" className={styles.skip}>
        Skip to the content
      </a>
      <header className={styles.header}>
        <Link to="/" className={styles.name}>
          Cartwright
        </Link>
        {isLetIn && (
          <nav aria-label="Staff" className={styles.nav}>
            {pagesOf(roles).map(({ path, name }) => (
              <NavLink key={path} to={path}>
                {name}
              </NavLink>
            ))}
          </nav>
        )}
        {account !== null && (
          <Link to="/account" className={styles.account}>
            Account
          </Link>
        )}
      </header>
      <main id="main" ref={main} tabIndex={-1} className={styles.main}>
        {isLetIn &&
          (otherPage === null ? (
            <AccessContext value={access}>
              <Outlet />
            </AccessContext>
          ) : (
            <Navigate to={otherPage} replace />
          ))}
        {!isLetIn && session !== null && <SignIn visitor={visitorOf(session)} wasRefused={wasRefused} />}
        {session === null &&
          (isUnanswered ? (
            <Trouble title="The shop did not answer" onRetry={askAgain}>
              Please check your connection and try again.
            </Trouble>
          ) : (
            <div aria-busy="true">
              <p className="visually-hidden" role="status">
                Checking who is signed in
              </p>
            </div>
          ))}
      </main>
      <ScrollRestoration />
    </div>
  )
}

function visitorOf({ account }: Session): Visitor {
  if (account === null) return 'guest'
  return hasStaffRole(account.withheld_roles) ? 'withheld' : 'customer'
}

/** The session, asked for where this page is the first one of the tab. */
function useAskedSession() {
  const session = useSession()
  const [tries, setTries] = useState(1)
  const [unanswered, setUnanswered] = useState(0)
  useEffect(() => {
    beginSession().catch(() => setUnanswered(tries))
  }, [tries])
  return { session, isUnanswered: unanswered === tries, askAgain: () => setTries(tries + 1) }
}
