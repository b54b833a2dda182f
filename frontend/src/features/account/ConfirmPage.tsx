// An e-mail address is confirmed by the link that was sent there. It takes a press: programs that look into links before
// people do would confirm it otherwise. Whoever is not signed in to the account here chooses a new password with it.
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { Link } from 'react-router'
import type { Problem } from '../../api/problem'
import { useSession } from '../../api/session'
import { useCommand } from '../../api/useCommand'
import { accountQuery } from './api'
import { ConfirmWithPassword } from './ConfirmWithPassword'
import { confirmEmail } from './mailApi'
import { Message } from './Message'
import { useLinkToken } from './useLinkToken'
import { NOT_ANSWERED, whyRefused } from './words'
import styles from './Account.module.css'

type Stage =
  | { name: 'asking' | 'expired' | 'missing' | 'choosing' | 'elsewhere' }
  | { name: 'confirmed'; email: string; hasNewPassword: boolean }

export function ConfirmPage() {
  const { token, opened } = useLinkToken()
  return <Confirmation key={opened} token={token} />
}

function Confirmation({ token }: { token: string }) {
  const client = useQueryClient()
  const isSignedIn = (useSession()?.account ?? null) !== null
  const [stage, setStage] = useState<Stage>({ name: token === '' ? 'missing' : 'asking' })
  const confirmed = (email: string, hasNewPassword: boolean) => {
    setStage({ name: 'confirmed', email, hasNewPassword })
    void client.invalidateQueries({ queryKey: accountQuery().queryKey })
  }
  const command = useCommand({
    send: () => confirmEmail({ token }),
    onDone: (email) => confirmed(email, false),
    inWords: (problem: Problem) => {
      if (problem.slug === 'link-expired') setStage({ name: 'expired' })
      if (problem.slug === 'new-password-needed') setStage({ name: 'choosing' })
      if (problem.slug === 'own-session-needed') setStage({ name: 'elsewhere' })
      return whyRefused(problem)
    },
    unanswered: NOT_ANSWERED,
  })
  switch (stage.name) {
    case 'confirmed':
      return (
        <Message title="Your e-mail address is confirmed">
          <p>{stage.email} is the address of your account.</p>
          {stage.hasNewPassword ? (
            <>
              <p>Whoever was signed in is signed out. Sign in with the new password.</p>
              <Link to="/sign-in" className="button">
                Sign in
              </Link>
            </>
          ) : (
            <Link to={isSignedIn ? '/account' : '/sign-in'} className="button">
              {isSignedIn ? 'See your account' : 'Sign in'}
            </Link>
          )}
        </Message>
      )
    case 'expired':
      return (
        <Message title="This link does not work any more">
          <p>
            It was used already, is too old, or is incomplete. Your account is as it was; it says whether your
            address is confirmed, and sends another link.
          </p>
          <Link to="/account" className="button">
            See your account
          </Link>
        </Message>
      )
    case 'missing':
      return (
        <Message title="Open the link in the mail again">
          <p>
            What is secret in the link is not in the address of this page, or not any more. Your account is as
            it was; it says whether your address is confirmed, and sends another link.
          </p>
          <Link to="/account" className="button">
            See your account
          </Link>
        </Message>
      )
    case 'elsewhere':
      return (
        <Message title="Sign in, then open the link again">
          <p>
            The account has a second factor, so its address is changed only where it is signed in. Nothing was
            changed, and the link in your mail still works.
          </p>
          <Link to="/sign-in" className="button">
            Sign in
          </Link>
        </Message>
      )
    case 'choosing':
      return (
        <ConfirmWithPassword
          token={token}
          onConfirmed={(email) => confirmed(email, true)}
          onExpired={() => setStage({ name: 'expired' })}
        />
      )
    case 'asking':
      return (
        <div className={`page ${styles.door}`}>
          <title>Confirm your e-mail address · Cartwright</title>
          <h1>Confirm your e-mail address</h1>
          <p>You opened the link that we sent you. One press, and the address is the one of your account.</p>
          <div role="alert">
            {command.trouble !== null && <p className={styles.trouble}>{command.trouble}</p>}
          </div>
          <p>
            <button
              type="button"
              className={`button ${styles.main}`}
              aria-disabled={command.isBusy}
              onClick={() => command.run(undefined)}
            >
              {command.isBusy ? 'One moment' : 'Confirm the address'}
            </button>
          </p>
        </div>
      )
  }
}
