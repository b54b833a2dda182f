// The end of an account: what goes, what stays, and the password before it is done. Rendered by DataPage.tsx.
import { useState } from 'react'
import { useNavigate } from 'react-router'
import type { Problem } from '../../api/problem'
import { useCommand } from '../../api/useCommand'
import { Confirm } from '../../components/Confirm'
import { ErrorSummary } from '../../components/form/ErrorSummary'
import { PasswordField } from '../../components/form/PasswordField'
import { useForm } from '../../components/form/useForm'
import { useAccount } from './AccountShell'
import { deleteAccount } from './api'
import { presentPassword } from './credentials'
import { whyRefused } from './words'
import styles from './Account.module.css'

export function DeleteAccount() {
  const { email } = useAccount()
  const navigate = useNavigate()
  const [asked, setAsked] = useState<string | null>(null)
  const form = useForm({ password: '' }, { rules: { password: presentPassword }, verbatim: ['password'] })
  const command = useCommand({
    send: (_, password: string) => deleteAccount(password),
    onDone: () => void navigate('/farewell', { replace: true, state: { isDeleted: true } }),
    inWords: (problem: Problem) => {
      if (problem.slug !== 'wrong-password') return whyRefused(problem)
      setAsked(null)
      form.refuse([{ field: 'password', message: 'This is not your password. Nothing was deleted.' }])
      return null
    },
    unanswered:
      'The shop did not answer. Press again; if you are signed out by then, your account is deleted.',
  })
  return (
    <section className={styles.section} aria-labelledby="delete">
      <h2 id="delete">Delete your account</h2>
      <p>What goes at once, and cannot be fetched back:</p>
      <ul className={styles.points}>
        <li>your e-mail address and your password</li>
        <li>your address book</li>
        <li>what you wrote in requests, and your inbox</li>
        <li>every sign-in, on every device: nobody gets to your cart any more</li>
        <li>your API keys: what uses them is refused</li>
      </ul>
      <p>What stays, because the shop has to account for it:</p>
      <ul className={styles.points}>
        <li>your orders with their things and sums, without anything that says whose they were</li>
        <li>how many people want a thing: you are still one of them, without a name</li>
        <li>where an order still has to arrive, until it has arrived</li>
      </ul>
      <form noValidate className={styles.form} onSubmit={form.onSubmit(({ password }) => setAsked(password))}>
        <ErrorSummary faults={form.faults} tries={form.tries} />
        <input type="text" autoComplete="username" value={email} readOnly hidden />
        <PasswordField {...form.field('password')} label="Your password" autoComplete="current-password" />
        <button type="submit" className="button">
          Delete my account
        </button>
      </form>
      {asked !== null && (
        <Confirm
          title="Delete your account for good?"
          action="Delete it for good"
          instead="Keep my account"
          isBusy={command.isBusy}
          trouble={command.trouble}
          onConfirm={() => command.run(asked)}
          onClose={() => {
            command.forget()
            setAsked(null)
          }}
        >
          <p>{email} and everything that belongs to it is deleted. Nobody can bring it back.</p>
        </Confirm>
      )}
    </section>
  )
}
