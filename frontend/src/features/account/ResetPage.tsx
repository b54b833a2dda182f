// Another password, by the link from a mail.
import { useState } from 'react'
import { Link } from 'react-router'
import { asSentences, type Problem } from '../../api/problem'
import { useCommand } from '../../api/useCommand'
import { ErrorSummary } from '../../components/form/ErrorSummary'
import { PasswordField } from '../../components/form/PasswordField'
import { useForm } from '../../components/form/useForm'
import { newPasswordRule, PASSWORD_RULE } from './credentials'
import { redeemReset } from './mailApi'
import { Message } from './Message'
import { useLinkToken } from './useLinkToken'
import { whyRefused } from './words'
import styles from './Account.module.css'

const rules = { password: newPasswordRule('') }

type Stage = 'asking' | 'done' | 'expired' | 'missing'

export function ResetPage() {
  const { token, opened } = useLinkToken()
  return <Reset key={opened} token={token} />
}

function Reset({ token }: { token: string }) {
  const [stage, setStage] = useState<Stage>(token === '' ? 'missing' : 'asking')
  const form = useForm({ password: '' }, { rules, verbatim: ['password'] })
  const command = useCommand({
    send: (_, password: string) => redeemReset({ token, password }),
    onDone: () => setStage('done'),
    inWords: (problem: Problem) => {
      if (problem.slug === 'link-expired') setStage('expired')
      return form.refuse(asSentences(problem.violations)) ? null : whyRefused(problem)
    },
    unanswered:
      'The shop did not answer. Try to sign in with the new password. If that does not work, send it here again.',
  })
  switch (stage) {
    case 'done':
      return (
        <Message title="Password changed">
          <p>All devices are signed out, and your API keys no longer work. Sign in with your new password.</p>
          <Link to="/sign-in" className="button">
            Sign in
          </Link>
        </Message>
      )
    case 'expired':
      return (
        <Message title="This link no longer works">
          <p>It has been used, has expired or is incomplete. Your password was not changed.</p>
          <Link to="/forgotten" className="button">
            Send another link
          </Link>
        </Message>
      )
    case 'missing':
      return (
        <Message title="Open the link in the e-mail again">
          <p>The link is incomplete. Your password was not changed.</p>
          <Link to="/forgotten" className="button">
            Send another link
          </Link>
        </Message>
      )
    case 'asking':
      return (
        <div className={`page ${styles.door}`}>
          <title>Choose a new password · Cartwright</title>
          <h1>Choose a new password</h1>
          <form
            noValidate
            className={styles.form}
            onSubmit={form.onSubmit(({ password }) => command.run(password))}
          >
            <ErrorSummary faults={form.faults} tries={form.tries} />
            <div role="alert">
              {command.trouble !== null && <p className={styles.trouble}>{command.trouble}</p>}
            </div>
            <PasswordField
              {...form.field('password')}
              label="New password"
              autoComplete="new-password"
              hint={PASSWORD_RULE}
            />
            <button type="submit" className={`button ${styles.main}`} aria-disabled={command.isBusy}>
              {command.isBusy ? 'One moment' : 'Change password'}
            </button>
            <p className={styles.soft}>
              All devices will be signed out, and your API keys will stop working.
            </p>
          </form>
        </div>
      )
  }
}
