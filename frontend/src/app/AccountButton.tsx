// The header's way to an account: signing in for a guest, a menu for whoever is signed in. Rendered by Header.tsx.
import { Suspense, useEffect, useRef, useState } from 'react'
import { Link, Navigate, useLocation, useNavigate } from 'react-router'
import { signedOut, useSession } from '../api/session'
import { lazyWithRetry } from '../components/lazyWithRetry'
import styles from './AccountButton.module.css'

const loadMenu = () => import('./AccountMenu')
const AccountMenu = lazyWithRetry(loadMenu, AccountInstead)

/** Where signing in leads nowhere back to. */
const doors = ['/', '/sign-in', '/register', '/forgotten', '/farewell']

export function AccountButton() {
  const account = useSession()?.account ?? null
  const { pathname, search } = useLocation()
  const button = useRef<HTMLButtonElement>(null)
  const [wanted, setWanted] = useState(false)
  const [isOpen, setOpen] = useState(false)
  const [said, setSaid] = useState('')
  const navigate = useNavigate()
  const isLeaving = useRef(false)

  // Signed out, and on a page that is nobody's: only now the rest of the page is told.
  useEffect(() => {
    if (!isLeaving.current || pathname !== '/') return
    isLeaving.current = false
    signedOut()
  }, [pathname])

  if (account === null) {
    const then = doors.includes(pathname) ? '' : `?then=${encodeURIComponent(`${pathname}${search}`)}`
    return (
      <>
        <Link
          to={`/sign-in${then}`}
          className={styles.button}
          aria-current={pathname === '/sign-in' ? 'page' : undefined}
        >
          <Person />
          <span className={styles.word}>Sign in</span>
        </Link>
        <p className="visually-hidden" role="status" aria-label="Account">
          {said}
        </p>
      </>
    )
  }
  return (
    <>
      <button
        ref={button}
        type="button"
        className={styles.button}
        data-account="true"
        aria-haspopup="menu"
        aria-expanded={isOpen}
        onPointerEnter={() => void loadMenu()}
        onFocus={() => void loadMenu()}
        onClick={() => {
          setWanted(true)
          setOpen((before) => !before)
        }}
      >
        <Person />
        <span className={styles.word}>Account</span>
      </button>
      {wanted && (
        <Suspense>
          <AccountMenu
            triggerRef={button}
            roles={[...account.roles, ...account.withheld_roles]}
            isOpen={isOpen}
            onOpenChange={setOpen}
            onSignedOut={() => {
              setSaid('You are signed out.')
              if (pathname === '/') return signedOut()
              isLeaving.current = true
              void navigate('/')
            }}
          />
        </Suspense>
      )}
    </>
  )
}

function Person() {
  return (
    <svg className={styles.person} viewBox="0 0 24 24" aria-hidden="true">
      <circle cx="12" cy="8.5" r="4" />
      <path d="M4.5 20c1.2-4 4-5.8 7.5-5.8s6.3 1.8 7.5 5.8" />
    </svg>
  )
}

/** The menu did not load: the account's own page has the same links. */
function AccountInstead({ isOpen }: { isOpen: boolean }) {
  return isOpen ? <Navigate to="/account" /> : null
}
