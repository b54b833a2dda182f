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
          <p>Your account uses {stage.email}.</p>
          {stage.hasNewPassword ? (
            <>
              <p>All devices are signed out. Sign in with your new password.</p>
              <Link to="/sign-in" className="button">
                Sign in
              </Link>
            </>
          ) : (
            <Link to={isSignedIn ? '/account' : '/sign-in'} className="button">
              {isSignedIn ? 'Go to your account' : 'Sign in'}
            </Link>
          )}
        </Message>
      )
    case 'expired':
      return (
        <Message title="This link no longer works">
          <p>
            It has been used, has expired or is incomplete. Nothing was changed. Your account page shows
            whether your address is confirmed, and can send another link.
          </p>
          <Link to="/account" className="button">
            Go to your account
          </Link>
        </Message>
      )
    case 'missing':
      return (
        <Message title="Open the link in the e-mail again">
          <p>
            The link is incomplete. Nothing was changed. Your account page shows whether your address is
            confirmed, and can send another link.
          </p>
          <Link to="/account" className="button">
            Go to your account
          </Link>
        </Message>
      )
    case 'elsewhere':
      return (
        <Message title="Sign in, then open the link again">
          <p>
            This account is protected by a second factor, so you must be signed in to confirm its address.
            Nothing was changed, and the link in your e-mail still works.
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
          <p>
            You opened the link that we sent you. Press the button to confirm this address for your account.
          </p>
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
              {command.isBusy ? 'One moment' : 'Confirm address'}
            </button>
          </p>
        </div>
      )
  }
}
