// What an account without a role sees at /staff, and how it comes in. Rendered by StaffShell.tsx.
import { Link, useLocation } from 'react-router'
import styles from './Staff.module.css'

/** `withheld`: the account has a role from before roles needed a second factor, and none. */
export type Visitor = 'guest' | 'customer' | 'withheld'

interface SignInProps {
  visitor: Visitor
  /** The account was let in before, and the shop has refused it since. */
  wasRefused: boolean
}

export function SignIn({ visitor, wasRefused }: SignInProps) {
  return (
    <div className={styles.signIn}>
      <title>Staff · Cartwright</title>
      <h1>Staff</h1>
      <div role="alert">
        {wasRefused && (
          <p className={styles.trouble}>
            Your account may not do this any more. Nothing was changed. Sign in again.
          </p>
        )}
      </div>
      <WayIn visitor={visitor} />
    </div>
  )
}

function WayIn({ visitor }: { visitor: Visitor }) {
  const { pathname, search } = useLocation()
  switch (visitor) {
    case 'guest':
      return (
        <p>
          <Link to={`/sign-in?then=${encodeURIComponent(`${pathname}${search}`)}`} className={styles.way}>
            Sign in with your account
          </Link>{' '}
          to see the pages of its role: staff, analyst or ops.
        </p>
      )
    case 'customer':
      return (
        <p>
          You are signed in, and your account is not one of the staff. Ask whoever runs the shop for the role;
          it needs a confirmed address and a{' '}
          <Link to="/account/security" className={styles.way}>
            second factor
          </Link>
          . Sign in again once you have it.
        </p>
      )
    case 'withheld':
      return (
        <p>
          Your account has a role and no second factor. What staff do needs one: an app or a passkey, asked
          for after your password.{' '}
          <Link to="/account/security" className={styles.way}>
            Set up a second factor
          </Link>{' '}
          and ask the operator of the shop to grant the role again.
        </p>
      )
  }
}
