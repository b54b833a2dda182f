// The token, typed once. Rendered by StaffShell.tsx.
import { useState } from 'react'
import { ErrorSummary } from '../../components/form/ErrorSummary'
import { TextField } from '../../components/form/TextField'
import { useForm, type Rule } from '../../components/form/useForm'
import { isForbidden, tryToken } from './api'
import styles from './Staff.module.css'

const rules: { token: Rule } = {
  token: (value) => (value === '' ? 'Enter the staff token.' : null),
}

interface SignInProps {
  /** A token that was accepted before is not any more. */
  wasRefused: boolean
  onToken: (token: string) => void
}

export function SignIn({ wasRefused, onToken }: SignInProps) {
  const form = useForm({ token: '' }, { rules })
  const [isBusy, setBusy] = useState(false)
  const [trouble, setTrouble] = useState<string | null>(
    wasRefused ? 'Your token is not accepted any more. Nothing was changed. Enter the new one.' : null,
  )
  const send = ({ token }: { token: string }) => {
    if (isBusy) return
    setBusy(true)
    setTrouble(null)
    tryToken(token).then(
      () => onToken(token),
      (error: unknown) => {
        setBusy(false)
        setTrouble(
          isForbidden(error)
            ? 'This is not the staff token of this shop. Look for a typing error, or ask whoever runs the shop: it is in the file staff-token of its data folder.'
            : 'The shop did not answer. Please try again.',
        )
      },
    )
  }
  return (
    <form noValidate className={styles.signIn} onSubmit={form.onSubmit(send)}>
      <title>Staff · Cartwright</title>
      <h1>Staff</h1>
      <ErrorSummary faults={form.faults} tries={form.tries} />
      <div role="alert">{trouble !== null && <p className={styles.trouble}>{trouble}</p>}</div>
      <TextField
        {...form.field('token')}
        label="Staff token"
        type="password"
        autoComplete="current-password"
        hint="It is kept until this tab is closed."
      />
      <button type="submit" className="button" aria-disabled={isBusy}>
        {isBusy ? 'One moment' : 'Go on'}
      </button>
    </form>
  )
}
