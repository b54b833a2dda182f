// An e-mail address and a password: to sign in, or to register. Rendered by those two pages.
import { useState, type ReactNode } from 'react'
import { asSentences, type Problem } from '../../api/problem'
import { useCommand } from '../../api/useCommand'
import { ErrorSummary } from '../../components/form/ErrorSummary'
import { PasswordField } from '../../components/form/PasswordField'
import { TextField } from '../../components/form/TextField'
import { useForm } from '../../components/form/useForm'
import { emailRule, newPasswordRule, PASSWORD_RULE, presentEmail, presentPassword } from './credentials'
import type { Credentials, SecondStep } from './types'
import { NOT_ANSWERED, whyRefused } from './words'
import styles from './Account.module.css'

interface CredentialsFormProps {
  /** A password is chosen, or the one that there is is asked for. */
  isNew: boolean
  action: string
  /** What is filled in already. */
  email: string
  send: (credentials: Credentials) => Promise<SecondStep | null>
  /** The password was right, and is not enough. */
  onSecondStep: (step: SecondStep, email: string) => void
  /** What is offered to whoever registers with an address that has an account. */
  whenTaken?: (email: string) => ReactNode
  children?: ReactNode
}

export function CredentialsForm({
  isNew,
  action,
  email: filledIn,
  send,
  onSecondStep,
  whenTaken,
  children,
}: CredentialsFormProps) {
  const [email, setEmail] = useState(filledIn)
  const [taken, setTaken] = useState<string | null>(null)
  const form = useForm(
    { email: filledIn, password: '' },
    {
      rules: {
        email: isNew ? emailRule : presentEmail,
        password: isNew ? newPasswordRule(email) : presentPassword,
      },
      onChange: (typed) => {
        setEmail(typed.email)
        if (typed.email.trim() !== taken) setTaken(null)
      },
      verbatim: ['password'],
    },
  )
  const refusal = (problem: Problem): string | null => {
    if (problem.slug === 'email-taken') {
      setTaken(email.trim())
      const message = 'An account with this address already exists, with a different password.'
      return form.refuse([{ field: 'email', message }]) ? null : message
    }
    return form.refuse(asSentences(problem.violations)) ? null : whyRefused(problem)
  }
  const command = useCommand({
    send: (_, credentials: Credentials) =>
      send(credentials).then((step) => ({ step, sentWith: credentials.email })),
    onDone: ({ step, sentWith }) => {
      // Otherwise the page goes by itself, as soon as it knows who is there.
      if (step !== null) onSecondStep(step, sentWith)
    },
    inWords: refusal,
    unanswered: NOT_ANSWERED,
  })
  return (
    <form noValidate className={styles.form} onSubmit={form.onSubmit(command.run)}>
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
      {taken !== null && whenTaken?.(taken)}
      <PasswordField
        {...form.field('password')}
        label="Password"
        autoComplete={isNew ? 'new-password' : 'current-password'}
        {...(isNew ? { hint: PASSWORD_RULE } : {})}
      />
      <button type="submit" className={`button ${styles.main}`} aria-disabled={command.isBusy}>
        {command.isBusy ? 'One moment' : action}
      </button>
      {children}
    </form>
  )
}
