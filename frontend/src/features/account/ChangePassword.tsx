// Another password: every other device has to sign in with it. Rendered by SecurityPage.tsx.
import { useState } from 'react'
import { asSentences, type Problem } from '../../api/problem'
import { useCommand } from '../../api/useCommand'
import { ErrorSummary } from '../../components/form/ErrorSummary'
import { PasswordField } from '../../components/form/PasswordField'
import { useForm, type Rule } from '../../components/form/useForm'
import { useAccount } from './AccountShell'
import { changePassword } from './api'
import { newPasswordRule, PASSWORD_RULE, presentPassword } from './credentials'
import { whyRefused } from './words'
import styles from './Account.module.css'

/** For somebody with this address, who has this password. */
const anotherPassword =
  (email: string, present: string): Rule =>
  (value) =>
    value !== '' && value === present ? 'This is already your password.' : newPasswordRule(email)(value)

export function ChangePassword({ onDone }: { onDone: () => void }) {
  const { email } = useAccount()
  const [said, setSaid] = useState('')
  const [present, setPresent] = useState('')
  const form = useForm(
    { current: '', new: '' },
    {
      rules: { current: presentPassword, new: anotherPassword(email, present) },
      verbatim: ['current', 'new'],
      onChange: ({ current }) => {
        setPresent(current)
        setSaid('')
      },
    },
  )
  const refusal = (problem: Problem): string | null => {
    if (problem.slug === 'wrong-password') {
      const message = 'This password is not correct. Enter the password that you sign in with now.'
      form.refuse([{ field: 'current', message }])
      return null
    }
    // The server names the rule's field as it does when somebody registers.
    const violations = problem.violations.map(({ field, message }) => ({
      field: field === 'password' ? 'new' : field,
      message,
    }))
    return form.refuse(asSentences(violations)) ? null : whyRefused(problem)
  }
  const command = useCommand({
    send: (_, passwords: { current: string; new: string }) => changePassword(passwords),
    onDone: () => {
      form.set('current', '')
      form.set('new', '')
      setSaid('Password changed. All other devices are signed out, and your API keys no longer work.')
      onDone()
    },
    inWords: refusal,
    unanswered:
      'The shop did not answer, so your password may have changed already. Try again. If your current password is not accepted, the new one is active.',
  })
  return (
    <section className={styles.section} aria-labelledby="password">
      <h2 id="password">Change your password</h2>
      <form noValidate className={styles.form} onSubmit={form.onSubmit(command.run)}>
        <ErrorSummary faults={form.faults} tries={form.tries} />
        <div role="alert">
          {command.trouble !== null && <p className={styles.trouble}>{command.trouble}</p>}
        </div>
        {/* For password managers: whose password it is. */}
        <input type="text" autoComplete="username" value={email} readOnly hidden />
        <PasswordField {...form.field('current')} label="Current password" autoComplete="current-password" />
        <PasswordField
          {...form.field('new')}
          label="New password"
          autoComplete="new-password"
          hint={PASSWORD_RULE}
        />
        <p className={styles.soft}>
          All other devices will be signed out, and your API keys will stop working.
        </p>
        <button type="submit" className={`button ${styles.main}`} aria-disabled={command.isBusy}>
          {command.isBusy ? 'One moment' : 'Change password'}
        </button>
        <p role="status" aria-label="Password">
          {said}
        </p>
      </form>
    </section>
  )
}
