// The card form of the sandbox: our own, since no real card is ever typed here. The number becomes a token on this page.
import { useMemo, type ReactNode } from 'react'
import { ErrorSummary } from '../../components/form/ErrorSummary'
import { TextField } from '../../components/form/TextField'
import { useForm } from '../../components/form/useForm'
import { cardRules, digitsOf, emptyCard, groupedExpiry, groupedNumber } from './card'
import { tokenFor } from './sandboxCards'
import styles from './CardForm.module.css'

interface SandboxCardProps {
  /** The button, or what has to be done before. */
  children: ReactNode
  onMethod: (paymentMethod: string) => void
}

export function SandboxCard({ children, onMethod }: SandboxCardProps) {
  const rules = useMemo(() => cardRules(() => new Date()), [])
  const form = useForm(emptyCard, { rules })
  const { values } = form
  const number = form.field('number')
  const expiry = form.field('expiry')
  return (
    <form
      noValidate
      aria-label="Card"
      className={styles.form}
      onSubmit={form.onSubmit((typed) => {
        const token = tokenFor(digitsOf(typed.number))
        if (token !== null) onMethod(token)
      })}
    >
      <p className={styles.sandbox}>
        This is a demonstration: no real card, no real money. Try 4242 4242 4242 4242, any future date and any
        security code.
      </p>
      <ErrorSummary faults={form.faults} tries={form.tries} />
      <div className={styles.row}>
        <TextField
          {...number}
          label="Card number"
          autoComplete="cc-number"
          inputMode="numeric"
          onChange={(typed) => number.onChange(groupedNumber(typed))}
        />
        <TextField
          {...expiry}
          label="Expiry date"
          hint="Month / year"
          autoComplete="cc-exp"
          inputMode="numeric"
          width="half"
          onChange={(typed) => expiry.onChange(groupedExpiry(typed, values.expiry))}
        />
        <TextField
          {...form.field('cvc')}
          label="Security code"
          hint="On the back"
          autoComplete="cc-csc"
          inputMode="numeric"
          maxLength={4}
          width="half"
        />
      </div>
      {children}
    </form>
  )
}
