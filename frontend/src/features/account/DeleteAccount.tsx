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
      form.refuse([{ field: 'password', message: 'This password is not correct. Nothing was deleted.' }])
      return null
    },
    unanswered: 'The shop did not answer. Try again. If you are signed out, your account has been deleted.',
  })
  return (
    <section className={styles.section} aria-labelledby="delete">
      <h2 id="delete">Delete your account</h2>
      <p>Deleted at once, and for good:</p>
      <ul className={styles.points}>
        <li>your e-mail address and your password</li>
        <li>your address book</li>
        <li>your inbox, and what you wrote in requests</li>
        <li>your cart and your sessions on all devices</li>
        <li>your API keys: programs that use them are refused</li>
      </ul>
      <p>Kept, because the shop needs it for its books:</p>
      <ul className={styles.points}>
        <li>your orders with their items and amounts, without your name or address</li>
        <li>your support for requests, as an anonymous number</li>
        <li>the delivery address of an order that is on its way, until it is delivered</li>
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
          title="Delete your account permanently?"
          action="Delete permanently"
          instead="Keep my account"
          isBusy={command.isBusy}
          trouble={command.trouble}
          onConfirm={() => command.run(asked)}
          onClose={() => {
            command.forget()
            setAsked(null)
          }}
        >
          <p>{email} and everything in this account will be deleted. This cannot be undone.</p>
        </Confirm>
      )}
    </section>
  )
}
