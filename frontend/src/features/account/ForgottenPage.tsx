// A forgotten password: a link goes to whoever reads the mails of the account.
import { useState } from 'react'
import { Link, useLocation } from 'react-router'
import { asSentences } from '../../api/problem'
import { useCommand } from '../../api/useCommand'
import { ErrorSummary } from '../../components/form/ErrorSummary'
import { TextField } from '../../components/form/TextField'
import { useForm } from '../../components/form/useForm'
import { emailRule } from './credentials'
import { requestReset } from './mailApi'
import { Message } from './Message'
import { NOT_ANSWERED, whyRefused } from './words'
import styles from './Account.module.css'

export function ForgottenPage() {
  const [sentTo, setSentTo] = useState<string | null>(null)
  const { state } = useLocation()
  const given: string = typeof state?.email === 'string' ? state.email : ''
  const form = useForm({ email: given }, { rules: { email: emailRule } })
  const command = useCommand({
    send: (_, email: string) => requestReset(email).then(() => email),
    onDone: setSentTo,
    inWords: (problem) => (form.refuse(asSentences(problem.violations)) ? null : whyRefused(problem)),
    unanswered: NOT_ANSWERED,
  })
  if (sentTo !== null) {
    return (
      <Message title="Check your e-mail">
        <p>
          If there is an account with {sentTo}, we have sent it a link to choose a new password. The link
          works once, within half an hour. Until then your password stays the same.
        </p>
        <p className={styles.soft}>Nothing arrived? Check your spam folder, or try again.</p>
        <button type="button" className="button" onClick={() => setSentTo(null)}>
          Try again
        </button>
      </Message>
    )
  }
  return (
    <div className={`page ${styles.door}`}>
      <title>Forgotten password · Cartwright</title>
      <h1>Forgotten your password?</h1>
      <p>We will e-mail you a link to choose a new one.</p>
      <form noValidate className={styles.form} onSubmit={form.onSubmit(({ email }) => command.run(email))}>
        <ErrorSummary faults={form.faults} tries={form.tries} />
        <div role="alert">
          {command.trouble !== null && <p className={styles.trouble}>{command.trouble}</p>}
        </div>
        <TextField
          {...form.field('email')}
          label="E-mail"
          type="email"
          autoComplete="username"
          inputMode="email"
          maxLength={254}
        />
        <button type="submit" className={`button ${styles.main}`} aria-disabled={command.isBusy}>
          {command.isBusy ? 'One moment' : 'Send link'}
        </button>
        <p>
          <Link to="/sign-in" className={styles.link}>
            Back to sign in
          </Link>
        </p>
      </form>
    </div>
  )
}
