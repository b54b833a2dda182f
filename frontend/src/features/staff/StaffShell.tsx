// What is around every page of staff: who may come in, by an account that is of the staff or by the token, then the ways
// between the pages.
import { useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { Link, NavLink, Outlet, ScrollRestoration, useLocation } from 'react-router'
import { beginSession, renewSession, useSession } from '../../api/session'
import { SignIn } from './SignIn'
import { keepToken, keptToken, StaffContext } from './token'
import styles from './Staff.module.css'

export function StaffShell() {
  const client = useQueryClient()
  const { pathname } = useLocation()
  const [token, setToken] = useState(keptToken)
  const [wasRefused, setRefused] = useState<'no' | 'token' | 'session'>('no')
  const session = useSession()
  const [isAsked, setAsked] = useState(session !== null)
  const main = useRef<HTMLElement>(null)
  const before = useRef(pathname)

  useEffect(() => {
    beginSession()
      .catch(() => {
        // Then the token is the way in.
      })
      .finally(() => setAsked(true))
  }, [])

  // A new page begins at its beginning, also for the keyboard.
  useEffect(() => {
    if (before.current !== pathname) main.current?.focus({ preventScroll: true })
    before.current = pathname
  }, [pathname])

  const leave = useCallback(
    (why: 'done' | 'refused') => {
      const byToken = keptToken() !== null
      keepToken(null)
      setToken(null)
      setRefused(why === 'done' ? 'no' : byToken ? 'token' : 'session')
      if (!byToken) renewSession().catch(() => {})
      // What staff saw is nothing for whoever comes next.
      client.removeQueries({ queryKey: ['staff'] })
    },
    [client],
  )
  const account = session?.account ?? null
  const isStaff = account !== null && account.roles.includes('staff') && wasRefused !== 'session'
  const staff = useMemo(() => (token !== null || isStaff ? { token, leave } : null), [token, isStaff, leave])

  return (
    <div className={styles.shell}>
      <a href="#main" className={styles.skip}>
        Skip to the content
      </a>
      <header className={styles.header}>
        <Link to="/" className={styles.name}>
          Cartwright
        </Link>
        {staff !== null && (
          <>
            <nav aria-label="Staff" className={styles.nav}>
              <NavLink to="/staff/orders">Orders</NavLink>
              <NavLink to="/staff/requests">Requests</NavLink>
              <NavLink to="/staff/codes">Codes</NavLink>
              <NavLink to="/staff/stock">Stock</NavLink>
              <NavLink to="/staff/audit">Audit</NavLink>
            </nav>
            {token !== null && (
              <button type="button" className="text-button" onClick={() => leave('done')}>
                Leave
              </button>
            )}
          </>
        )}
      </header>
      <main id="main" ref={main} tabIndex={-1} className={styles.main}>
        {staff !== null && (
          <StaffContext value={staff}>
            <Outlet />
          </StaffContext>
        )}
        {staff === null && !isAsked && (
          <div aria-busy="true">
            <p className="visually-hidden" role="status">
              Looking who is there
            </p>
          </div>
        )}
        {staff === null && isAsked && (
          <SignIn
            key={wasRefused}
            wasRefused={wasRefused}
            isSignedIn={account !== null}
            onToken={(accepted) => {
              keepToken(accepted)
              setToken(accepted)
              setRefused('no')
            }}
          />
        )}
      </main>
      <ScrollRestoration />
    </div>
  )
}
