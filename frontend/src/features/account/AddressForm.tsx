// One address of the book, new or changed. Rendered by AddressesPage.tsx.
import { useEffect, useRef } from 'react'
import { asSentences, type Problem } from '../../api/problem'
import type { Address } from '../../api/types'
import { useCommand } from '../../api/useCommand'
import { addressRules } from '../../components/form/addressRules'
import { likelyCountry } from '../../components/countries'
import { PostalAddressFields } from '../../components/form/PostalAddressFields'
import { ErrorSummary } from '../../components/form/ErrorSummary'
import { TextField } from '../../components/form/TextField'
import { useForm } from '../../components/form/useForm'
import { noAddress, toAddress, toFields, type AddressFields } from './address'
import { addAddress, changeAddress } from './api'
import { whyRefused } from './words'
import styles from './Account.module.css'

interface AddressFormProps {
  /** Null: a new one. */
  address: Address | null
  countries: string[]
  onDone: (address: Address) => void
  onUnanswered: () => void
  onClose: () => void
}

export function AddressForm({ address, countries, onDone, onUnanswered, onClose }: AddressFormProps) {
  const first = address === null ? { ...noAddress, country: likelyCountry(countries) } : toFields(address)
  const form = useForm(first, { rules: addressRules })
  const heading = useRef<HTMLHeadingElement>(null)
  const { field } = form
  const command = useCommand({
    send: (_, fields: AddressFields) => {
      const sent =
        address === null ? addAddress(toAddress(fields)) : changeAddress(address.id, toAddress(fields))
      // Perhaps it is in the book already: then the list shows it.
      sent.catch(onUnanswered)
      return sent
    },
    onDone,
    inWords: (problem: Problem) =>
      form.refuse(asSentences(problem.violations)) ? null : whyRefused(problem),
    unanswered:
      'The shop did not answer. The address may be saved already: press Cancel and check your list before you save it again.',
  })

  useEffect(() => heading.current?.focus(), [])

  // An address that is in the book stays selectable, wherever it is.
  const known =
    first.country === '' || countries.includes(first.country) ? countries : [...countries, first.country]
  return (
    <form
      noValidate
      className={styles.form}
      aria-labelledby="address-form"
      onSubmit={form.onSubmit(command.run)}
    >
      <h2 id="address-form" ref={heading} tabIndex={-1}>
        {address === null ? 'New address' : 'Edit address'}
      </h2>
      <ErrorSummary faults={form.faults} tries={form.tries} />
      <div role="alert">
        {command.trouble !== null && <p className={styles.trouble}>{command.trouble}</p>}
      </div>
      <PostalAddressFields field={field} country={form.values.country} countries={known} />
      <TextField
        {...field('phone')}
        label="Phone"
        type="tel"
        autoComplete="tel"
        inputMode="tel"
        maxLength={32}
        optional
      />
      <div className={styles.buttons}>
        <button type="submit" className={`button ${styles.main}`} aria-disabled={command.isBusy}>
          {command.isBusy ? 'One moment' : 'Save address'}
        </button>
        <button type="button" className="text-button" onClick={onClose}>
          Cancel
        </button>
      </div>
    </form>
  )
}
