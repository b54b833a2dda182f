// Signing in, and back to where one came from.
import { Link, Navigate, useSearchParams } from 'react-router'
import { useSession } from '../../api/session'
import { signIn } from './api'
import { CredentialsForm } from './CredentialsForm'
import { SecondStepPage } from './factors/SecondStepPage'
import { pathBack, withThen } from './then'
import { useSecondStep } from './useSecondStep'
import styles from './Account.module.css'

export function SignInPage() {
  const [params] = useSearchParams()
  const then = pathBack(params.get('then'))
  const { step, email, why, heading, take, again } = useSecondStep()
  const isSignedIn = (useSession()?.account ?? null) !== null

  if (isSignedIn) return <Navigate to={then ?? '/account'} replace />
  if (step !== null) return <SecondStepPage step={step} onAgain={again} />
  return (
    <div className={`page ${styles.door}`}>
      <title>Sign in · Cartwright</title>
      <h1 ref={heading} tabIndex={-1}>
        Sign in
      </h1>
      {why !== null && <p>Sign in to {why}.</p>}
      <CredentialsForm isNew={false} action="Sign in" email={email} send={signIn} onSecondStep={take}>
        <p className={styles.soft}>Your cart will be kept.</p>
        <p>
          <Link to="/forgotten" className={styles.link}>
            Forgotten your password?
          </Link>
        </p>
      </CredentialsForm>
      <section className={styles.other} aria-labelledby="new-here">
        <h2 id="new-here">New here?</h2>
        <p>
          With an account you have your addresses, cart and orders on every device. You can also check out
          without one.
        </p>
        <Link to={withThen('/register', then)} state={why === null ? null : { why }} className="button">
          Create an account
        </Link>
      </section>
    </div>
  )
}
