// What is around every page of staff: the token before anything else, then the ways between the pages.
import { useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { Link, NavLink, Outlet, ScrollRestoration, useLocation } from 'react-router'
import { SignIn } from './SignIn'
import { keepToken, keptToken, StaffContext } from './token'
import styles from './Staff.module.css'

export function StaffShell() {
  const client = useQueryClient()
  const { pathname } = useLocation()
  const [token, setToken] = useState(keptToken)
  const [wasRefused, setRefused] = useState(false)
  const main = useRef<HTMLElement>(null)
  const before = useRef(pathname)

  // A new page begins at its beginning, also for the keyboard.
  useEffect(() => {
    if (before.current !== pathname) main.current?.focus({ preventScroll: true })
    before.current = pathname
  }, [pathname])

  const leave = useCallback(
    (why: 'done' | 'refused') => {
      keepToken(null)
      setToken(null)
      setRefused(why === 'refused')
      // What staff saw is nothing for whoever comes next.
      client.removeQueries({ queryKey: ['staff'] })
    },
    [client],
  )
  const staff = useMemo(() => (token === null ? null : { token, leave }), [token, leave])

  return (
    <div className={styles.shell}>
      <a href="#main" className={styles.skip}>
        Skip to the content
      </a>
      <header className={styles.header}>
        <Link to="/" className={styles.name}>
          Cartwright
        </Link>
        {token !== null && (
          <>
            <nav aria-label="Staff" className={styles.nav}>
              <NavLink to="/staff/orders">Orders</NavLink>
              <NavLink to="/staff/codes">Codes</NavLink>
              <NavLink to="/staff/stock">Stock</NavLink>
            </nav>
            <button type="button" className="text-button" onClick={() => leave('done')}>
              Leave
            </button>
          </>
        )}
      </header>
      <main id="main" ref={main} tabIndex={-1} className={styles.main}>
        {staff === null ? (
          <SignIn
            key={String(wasRefused)}
            wasRefused={wasRefused}
            onToken={(accepted) => {
              keepToken(accepted)
              setToken(accepted)
              setRefused(false)
            }}
          />
        ) : (
          <StaffContext value={staff}>
            <Outlet />
          </StaffContext>
        )}
      </main>
      <ScrollRestoration />
    </div>
  )
}
