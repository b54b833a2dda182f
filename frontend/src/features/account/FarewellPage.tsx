// After an account was deleted. Only here the page is told that nobody is signed in: the pages of an account, left just
// before, would ask to sign in again.
import { useEffect, useState } from 'react'
import { Link, Navigate, useLocation, useNavigate } from 'react-router'
import { signedOut } from '../../api/session'
import styles from './Account.module.css'

export function FarewellPage() {
  const { pathname, state } = useLocation()
  const navigate = useNavigate()
  const [isDeleted] = useState(state?.isDeleted === true)

  useEffect(() => {
    if (!isDeleted) return
    signedOut()
    // Said once: whoever comes back here later may have another account by then.
    void navigate(pathname, { replace: true })
  }, [isDeleted, pathname, navigate])

  if (!isDeleted) return <Navigate to="/" replace />
  return (
    <div className={`page ${styles.door}`}>
      <title>Your account is deleted · Cartwright</title>
      <h1>Your account is deleted</h1>
      <p>
        Your e-mail address, password and address book are deleted. Orders on their way are still delivered.
        You can keep shopping here, with or without an account.
      </p>
      <p>
        <Link to="/shop" className="button">
          Shop all
        </Link>
      </p>
    </div>
  )
}
