// What is around every page of staff: it lets in an account that has a role, and links to the pages that its roles open.
import { useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { Link, matchPath, Navigate, NavLink, Outlet, ScrollRestoration, useLocation } from 'react-router'
import {
  beginSession,
  hasStaffRole,
  onSessionChange,
  renewSession,
  useSession,
  type Session,
  type SessionChange,
} from '../../api/session'
import { ConnectionLine } from '../../components/ConnectionLine'
import { Trouble } from '../../components/Trouble'
import { AccessContext } from './access'
import { Deeds } from './deeds/Deeds'
import { OtherRole } from './OtherRole'
import { pageAt, pagesOf } from './pages'
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

  const end = useCallback(() => {
    setRefused(true)
    // What staff saw is nothing for whoever comes next.
    client.removeQueries({ queryKey: ['staff'] })
  }, [client])

  // Somebody signed in in another tab, or the roles are others now. Whoever was let in is told why the page is gone.
  useEffect(
    () =>
      onSessionChange((change) => {
        if (hasLostItsRole(change)) end()
        else if (change.now?.account != null) setRefused(false)
      }),
    [end],
  )

  const leave = useCallback(
    (why: 'forbidden' | 'unknown') => {
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
    [client, end],
  )

  const account = session?.account ?? null
  const roles = account === null || wasRefused ? [] : account.roles
  const isLetIn = hasStaffRole(roles)
  const canChange = roles.includes('staff')
  const access = useMemo(() => ({ canChange, leave }), [canChange, leave])
  const asked = pageAt(pathname)
  const open = pagesOf(roles)
  const [first] = open

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
            {open.map(({ path, name }) => (
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
      <ConnectionLine>This page shows what was loaded last. Changes need a connection.</ConnectionLine>
      <main id="main" ref={main} tabIndex={-1} className={styles.main}>
        {first !== undefined &&
          (matchPath('/staff', pathname) !== null ? (
            <Navigate to={first.path} replace />
          ) : asked !== null && !open.includes(asked) ? (
            <OtherRole page={asked} roles={roles} instead={first} />
          ) : (
            <AccessContext value={access}>
              {canChange && account !== null ? (
                <Deeds account={account.id}>
                  <Outlet />
                </Deeds>
              ) : (
                <Outlet />
              )}
            </AccessContext>
          ))}
        {!isLetIn && session !== null && <SignIn visitor={visitorOf(session)} wasRefused={wasRefused} />}
        {session === null &&
          (isUnanswered ? (
            <Trouble title="The shop did not answer" onRetry={askAgain} />
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

/** The same account without its role, or nobody any more. Somebody else who signed in never had it. */
function hasLostItsRole({ before, now }: SessionChange): boolean {
  const was = before?.account ?? null
  const is = now?.account ?? null
  if (was === null || !hasStaffRole(was.roles) || hasStaffRole(is?.roles ?? [])) return false
  return is === null || is.id === was.id
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
