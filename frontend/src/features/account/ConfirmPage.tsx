// An e-mail address is confirmed by the link that was sent there. It takes a press: programs that look into links before
// people do would confirm it otherwise.
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { Link } from 'react-router'
import type { Problem } from '../../api/problem'
import { useSession } from '../../api/session'
import { useCommand } from '../../api/useCommand'
import { accountQuery } from './api'
import { confirmEmail } from './mailApi'
import { Message } from './Message'
import { useLinkToken } from './useLinkToken'
import { NOT_ANSWERED, whyRefused } from './words'
import styles from './Account.module.css'

export function ConfirmPage() {
  const token = useLinkToken()
  const client = useQueryClient()
  const isSignedIn = (useSession()?.account ?? null) !== null
  const [confirmed, setConfirmed] = useState<string | null>(null)
  const [isExpired, setExpired] = useState(token === '')
  const command = useCommand({
    send: () => confirmEmail(token),
    onDone: (email) => {
      setConfirmed(email)
      void client.invalidateQueries({ queryKey: accountQuery().queryKey })
    },
    inWords: (problem: Problem) => {
      if (problem.slug === 'link-expired') setExpired(true)
      return whyRefused(problem)
    },
    unanswered: NOT_ANSWERED,
  })
  if (confirmed !== null) {
    return (
      <Message title="Your e-mail address is confirmed">
        <p>{confirmed} is the address of your account.</p>
        <Link to={isSignedIn ? '/account' : '/sign-in'} className="button">
          {isSignedIn ? 'See your account' : 'Sign in'}
        </Link>
      </Message>
    )
  }
  if (isExpired) {
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
  }
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
