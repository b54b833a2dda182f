// The two ways in: an account that is of the staff, or the token, typed once. Rendered by StaffShell.tsx.
import { useState } from 'react'
import { Link, useLocation } from 'react-router'
import { ErrorSummary } from '../../components/form/ErrorSummary'
import { PasswordField } from '../../components/form/PasswordField'
import { useForm, type Rule } from '../../components/form/useForm'
import { isForbidden, tryToken } from './api'
import styles from './Staff.module.css'

const rules: { token: Rule } = {
  token: (value) => (value === '' ? 'Enter the staff token.' : null),
}

interface SignInProps {
  /** What was accepted before, and is not any more. */
  wasRefused: 'no' | 'token' | 'session'
  /** With an account that is not of the staff. */
  isSignedIn: boolean
  onToken: (token: string) => void
}

const REFUSED = {
  no: null,
  token: 'Your token is not accepted any more. Nothing was changed. Enter the new one.',
  session: 'Your account may not do this any more. Nothing was changed. Sign in again.',
}

export function SignIn({ wasRefused, isSignedIn, onToken }: SignInProps) {
  const form = useForm({ token: '' }, { rules })
  const [isBusy, setBusy] = useState(false)
  const { pathname, search } = useLocation()
  const [trouble, setTrouble] = useState<string | null>(REFUSED[wasRefused])
  const send = ({ token }: { token: string }) => {
    if (isBusy) return
    setBusy(true)
    setTrouble(null)
    tryToken(token).then(
      () => onToken(token),
      (error: unknown) => {
        setBusy(false)
        setTrouble(
          isForbidden(error)
            ? 'This is not the staff token of this shop. Look for a typing error, or ask whoever runs the shop: it is in the file staff-token of its data folder.'
            : 'The shop did not answer. Please try again.',
        )
      },
    )
  }
  return (
    <form noValidate className={styles.signIn} onSubmit={form.onSubmit(send)}>
      <title>Staff · Cartwright</title>
      <h1>Staff</h1>
      <ErrorSummary faults={form.faults} tries={form.tries} />
      <div role="alert">{trouble !== null && <p className={styles.trouble}>{trouble}</p>}</div>
      {isSignedIn ? (
        <p>
          You are signed in, and your account is not one of the staff. Whoever runs the shop can change that;
          sign out and in again afterwards.
        </p>
      ) : (
        <p>
          <Link to={`/sign-in?then=${encodeURIComponent(`${pathname}${search}`)}`} className={styles.way}>
            Sign in with your account
          </Link>{' '}
          if it is one of the staff: then what you do is kept under your name.
        </p>
      )}
      <p>Or enter the token of the shop, which is in the file staff-token of its data folder.</p>
      <PasswordField
        {...form.field('token')}
        label="Staff token"
        autoComplete="current-password"
        hint="It is kept until this tab is closed."
      />
      <button type="submit" className="button" aria-disabled={isBusy}>
        {isBusy ? 'One moment' : 'Go on'}
      </button>
    </form>
  )
}
