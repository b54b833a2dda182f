// Who gets it and where it goes. No account is needed.
import { useEffect, useRef } from 'react'
import { Link } from 'react-router'
import { asSentences, type Violation } from '../../api/problem'
import { PostalAddressFields } from '../../components/form/PostalAddressFields'
import { ErrorSummary } from '../../components/form/ErrorSummary'
import { TextField } from '../../components/form/TextField'
import { useForm } from '../../components/form/useForm'
import { AddressChoice } from './AddressChoice'
import { contactRules, type ContactField, type ContactFields } from './contact'
import { reachable, type Shopper } from './shopper'
import styles from './Step.module.css'

interface DetailsStepProps {
  contact: ContactFields
  shopper: Shopper
  countries: string[]
  /** What the server complained about when the order was sent. */
  violations: Violation[]
  onChange: (contact: ContactFields) => void
  onDone: (contact: ContactFields) => void
}

export function DetailsStep({ contact, shopper, countries, violations, onChange, onDone }: DetailsStepProps) {
  const form = useForm(contact, { rules: contactRules, onChange, prefix: 'contact.' })
  const { field } = form
  const addresses = reachable(shopper, countries)
  const refuse = useRef(form.refuse)

  useEffect(() => {
    if (violations.length > 0) refuse.current(asSentences(violations))
  }, [violations])

  return (
    <form noValidate className={styles.step} onSubmit={form.onSubmit(onDone)}>
      <ErrorSummary faults={form.faults} tries={form.tries} />
      {shopper.kind === 'guest' && (
        <p>
          Have an account?{' '}
          <Link to="/sign-in?then=%2Fcheckout%2Fdetails" className={styles.signIn}>
            Sign in
          </Link>
        </p>
      )}
      <fieldset className={styles.group}>
        <legend className={styles.legend}>Contact</legend>
        <TextField
          {...field('email')}
          label="E-mail"
          type="email"
          autoComplete="email"
          inputMode="email"
          maxLength={254}
          hint="For e-mails about this order only."
        />
        <TextField
          {...field('phone')}
          label="Phone"
          type="tel"
          autoComplete="tel"
          inputMode="tel"
          maxLength={32}
          optional
        />
      </fieldset>
      <fieldset className={styles.group}>
        <legend className={styles.legend}>Delivery address</legend>
        {addresses.length > 0 && (
          <AddressChoice
            addresses={addresses}
            fields={form.values}
            onChoose={(to) => {
              for (const [name, value] of Object.entries(to)) form.set(name as ContactField, value)
            }}
          />
        )}
        <PostalAddressFields field={field} country={form.values.country} countries={countries} />
      </fieldset>
      <button type="submit" className={`button ${styles.next}`}>
        Continue to delivery
      </button>
    </form>
  )
}
