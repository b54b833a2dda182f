// Another e-mail address: it is the account's as soon as its link is opened. Rendered by SecurityPage.tsx.
import { useState } from 'react'
import { asSentences, type Problem } from '../../api/problem'
import { useCommand } from '../../api/useCommand'
import { ErrorSummary } from '../../components/form/ErrorSummary'
import { PasswordField } from '../../components/form/PasswordField'
import { TextField } from '../../components/form/TextField'
import { useForm, type Rule } from '../../components/form/useForm'
import { useAccount } from './AccountShell'
import { emailRule, isSameAddress, presentPassword } from './credentials'
import { changeEmail } from './mailApi'
import type { Credentials } from './types'
import { NOT_ANSWERED, whyRefused } from './words'
import styles from './Account.module.css'

/** For whoever has this one at present. */
const anotherEmail =
  (present: string): Rule =>
  (value) =>
    emailRule(value) ?? (isSameAddress(value, present) ? 'This is already your e-mail address.' : null)

export function ChangeEmail() {
  const { email: present } = useAccount()
  const [said, setSaid] = useState('')
  const form = useForm(
    { email: '', password: '' },
    {
      rules: { email: anotherEmail(present), password: presentPassword },
      verbatim: ['password'],
      onChange: () => setSaid(''),
    },
  )
  const refusal = (problem: Problem): string | null => {
    const at = (field: string, message: string) => (form.refuse([{ field, message }]) ? null : message)
    if (problem.slug === 'wrong-password') return at('password', 'This password is not correct.')
    if (problem.slug === 'email-taken') return at('email', 'Another account uses this e-mail address.')
    return form.refuse(asSentences(problem.violations)) ? null : whyRefused(problem)
  }
  const command = useCommand({
    send: (_, wanted: Credentials) => changeEmail(wanted).then(() => wanted.email),
    onDone: (email) => {
      form.set('email', '')
      form.set('password', '')
      setSaid(`We have sent a link to ${email}. Your e-mail address stays ${present} until you open it.`)
    },
    inWords: refusal,
    unanswered: NOT_ANSWERED,
  })
  return (
    <section className={styles.section} aria-labelledby="change-email">
      <h2 id="change-email">Change your e-mail address</h2>
      <p>Your e-mail address is {present}.</p>
      <form noValidate className={styles.form} onSubmit={form.onSubmit(command.run)}>
        <ErrorSummary faults={form.faults} tries={form.tries} />
        <div role="alert">
          {command.trouble !== null && <p className={styles.trouble}>{command.trouble}</p>}
        </div>
        <TextField
          {...form.field('email')}
          label="New e-mail address"
          type="email"
          autoComplete="email"
          inputMode="email"
          maxLength={254}
        />
        <PasswordField {...form.field('password')} label="Your password" autoComplete="current-password" />
        <button type="submit" className="button" aria-disabled={command.isBusy}>
          {command.isBusy ? 'One moment' : 'Send the link'}
        </button>
        <p role="status" aria-label="E-mail address">
          {said}
        </p>
      </form>
    </section>
  )
}
