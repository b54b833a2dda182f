// An address is confirmed where nobody is signed in to its account: with a new password, since somebody else may have chosen the
// present one. Rendered by ConfirmPage.tsx.
import { useEffect, useRef } from 'react'
import { asSentences, type Problem } from '../../api/problem'
import { useCommand } from '../../api/useCommand'
import { ErrorSummary } from '../../components/form/ErrorSummary'
import { PasswordField } from '../../components/form/PasswordField'
import { useForm } from '../../components/form/useForm'
import { newPasswordRule, PASSWORD_RULE } from './credentials'
import { confirmEmail } from './mailApi'
import { whyRefused } from './words'
import styles from './Account.module.css'

const rules = { password: newPasswordRule('') }

interface ConfirmWithPasswordProps {
  token: string
  onConfirmed: (email: string) => void
  onExpired: () => void
}

export function ConfirmWithPassword({ token, onConfirmed, onExpired }: ConfirmWithPasswordProps) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => heading.current?.focus(), [])
  const form = useForm({ password: '' }, { rules, verbatim: ['password'] })
  const command = useCommand({
    send: (_, password: string) => confirmEmail({ token, password }),
    onDone: onConfirmed,
    inWords: (problem: Problem) => {
      if (problem.slug === 'link-expired') onExpired()
      return form.refuse(asSentences(problem.violations)) ? null : whyRefused(problem)
    },
    unanswered:
      'The shop did not answer. Try to sign in with the new password. If that does not work, send it here again.',
  })
  return (
    <div className={`page ${styles.door}`}>
      <title>Choose a new password · Cartwright</title>
      <h1 ref={heading} tabIndex={-1}>
        Choose a new password
      </h1>
      <p>
        You are not signed in to this account here. Somebody else may have registered with your e-mail
        address, so choose a new password: all devices will be signed out, and API keys will stop working.
      </p>
      <p>
        Did you register yourself and want to keep your password? Open the link on a device where you are
        signed in.
      </p>
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
          {command.isBusy ? 'One moment' : 'Confirm address'}
        </button>
      </form>
    </div>
  )
}
