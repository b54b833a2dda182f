// Something about second factors that the password is asked for. Rendered by the other components of this folder.
import { useEffect, useRef, type ReactNode } from 'react'
import type { Problem } from '../../../api/problem'
import { useCommand } from '../../../api/useCommand'
import { ErrorSummary } from '../../../components/form/ErrorSummary'
import { PasswordField } from '../../../components/form/PasswordField'
import { useForm } from '../../../components/form/useForm'
import { useAccount } from '../AccountShell'
import { presentPassword } from '../credentials'
import { whyRefused } from '../words'
import styles from '../Account.module.css'

interface ByPasswordProps<Answer> {
  title: string
  children?: ReactNode
  action: string
  send: (password: string) => Promise<Answer>
  onDone: (answer: Answer) => void
  onCancel: () => void
}

export function ByPassword<Answer>({
  title,
  children,
  action,
  send,
  onDone,
  onCancel,
}: ByPasswordProps<Answer>) {
  const { email } = useAccount()
  const heading = useRef<HTMLHeadingElement>(null)
  const form = useForm({ password: '' }, { rules: { password: presentPassword }, verbatim: ['password'] })
  useEffect(() => heading.current?.focus(), [title])
  const refusal = (problem: Problem): string | null => {
    if (problem.slug !== 'wrong-password') return whyRefused(problem)
    const message = 'This password is not correct. Enter the password that you sign in with now.'
    form.refuse([{ field: 'password', message }])
    return null
  }
  const command = useCommand({
    send: (_, { password }: { password: string }) => send(password),
    onDone,
    inWords: refusal,
    unanswered: 'The shop did not answer. Check the list, and try again if nothing has changed.',
  })
  return (
    <form noValidate className={styles.form} onSubmit={form.onSubmit(command.run)} aria-label={title}>
      <h3 ref={heading} tabIndex={-1}>
        {title}
      </h3>
      {children}
      <ErrorSummary faults={form.faults} tries={form.tries} />
      <div role="alert">
        {command.trouble !== null && <p className={styles.trouble}>{command.trouble}</p>}
      </div>
      {/* For password managers: whose password it is. */}
      <input type="text" autoComplete="username" value={email} readOnly hidden />
      <PasswordField
        {...form.field('password')}
        label="Confirm with your password"
        autoComplete="current-password"
      />
      <div className={styles.buttons}>
        <button type="submit" className={`button ${styles.main}`} aria-disabled={command.isBusy}>
          {command.isBusy ? 'One moment' : action}
        </button>
        <button type="button" className="text-button" onClick={onCancel}>
          Cancel
        </button>
      </div>
    </form>
  )
}
