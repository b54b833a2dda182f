// A new account, with what is in the guest's cart.
import { Link, Navigate, useSearchParams } from 'react-router'
import { useSession } from '../../api/session'
import { register } from './api'
import { CredentialsForm } from './CredentialsForm'
import { SecondStepPage } from './factors/SecondStepPage'
import { pathBack, withThen } from './then'
import { useSecondStep } from './useSecondStep'
import styles from './Account.module.css'

export function RegisterPage() {
  const [params] = useSearchParams()
  const then = pathBack(params.get('then'))
  const { step, email, why, heading, take, again } = useSecondStep()
  const isSignedIn = (useSession()?.account ?? null) !== null

  if (isSignedIn) return <Navigate to={then ?? '/account'} replace />
  if (step !== null) return <SecondStepPage step={step} onAgain={again} />
  return (
    <div className={`page ${styles.door}`}>
      <title>Create an account · Cartwright</title>
      <h1 ref={heading} tabIndex={-1}>
        Create an account
      </h1>
      {why !== null && <p>Create an account to {why}.</p>}
      <CredentialsForm
        isNew
        action="Create account"
        email={email}
        send={register}
        onSecondStep={take}
        whenTaken={(taken) => (
          <p className={styles.notice}>
            Is this your account?{' '}
            <Link to={withThen('/sign-in', then)} state={{ email: taken, why }} className={styles.link}>
              Sign in with this address
            </Link>{' '}
            <Link to="/forgotten" state={{ email: taken }} className={styles.link}>
              Forgotten your password?
            </Link>
          </p>
        )}
      >
        <p className={styles.soft}>
          Your cart will be kept. You can download or delete your data at any time.
        </p>
      </CredentialsForm>
      <section className={styles.other} aria-labelledby="have-one">
        <h2 id="have-one">Already have an account?</h2>
        <Link to={withThen('/sign-in', then)} state={why === null ? null : { why }} className="button">
          Sign in
        </Link>
      </section>
    </div>
  )
}
