// What is asked of the audit: by whom, about what, from which day to which. Kept in the address. Rendered by AuditPage.tsx.
import { useId } from 'react'
import { useSearchParams } from 'react-router'
import type { AuditPage } from '../../api/types'
import { ErrorSummary } from '../../components/form/ErrorSummary'
import { SelectField } from '../../components/form/SelectField'
import { TextField } from '../../components/form/TextField'
import { useForm, type Rule } from '../../components/form/useForm'
import { whoInWords } from './auditWords'
import { dayProblem, isHalfTyped, rangeProblem } from './dates'
import styles from './Audit.module.css'

export interface Asked {
  by: string
  subject: string
  from: string
  to: string
}

const HALF = 'Enter the whole date, or clear it.'
const MAX_LENGTH = 64

const dayRule =
  (name: string): Rule =>
  (value) =>
    isHalfTyped(name) ? HALF : dayProblem(value)

const rules: Partial<Record<keyof Asked, Rule>> = {
  subject: (value) =>
    value === '' || /^[A-Za-z0-9-]{1,64}$/.test(value)
      ? null
      : 'Enter an order number such as EF89-AB1A, a SKU, a request or a code.',
  from: dayRule('from'),
  to: (value) => {
    const first = document.querySelector<HTMLInputElement>('input[name="from"]')?.value ?? ''
    return dayRule('to')(value) ?? rangeProblem(first, value)
  },
}

interface AuditFiltersProps {
  asked: Asked
  /** Everybody that there is. */
  people: AuditPage['people']
}

export function AuditFilters({ asked, people }: AuditFiltersProps) {
  const [, setParams] = useSearchParams()
  const title = useId()
  const form = useForm<keyof Asked>({ ...asked }, { rules })
  const show = (wanted: Asked) => {
    const entries = Object.entries(wanted) as [keyof Asked, string][]
    setParams(Object.fromEntries(entries.filter(([, value]) => value !== '')))
  }
  const isFiltered = Object.values(asked).some((value) => value !== '')
  const options = people.map((person) => ({
    value: person.account ?? 'token',
    label: person.email ?? whoInWords(person),
  }))
  // Chosen by an address, and perhaps not among them.
  const isKnown = asked.by === '' || options.some(({ value }) => value === asked.by)

  return (
    <form
      role="search"
      aria-labelledby={title}
      noValidate
      className={styles.filters}
      onSubmit={form.onSubmit((typed) => show(typed))}
    >
      <h2 id={title} className="visually-hidden">
        Filter the audit
      </h2>
      <ErrorSummary faults={form.faults} tries={form.tries} />
      <div className={styles.fields}>
        <SelectField
          {...form.field('by')}
          label="Person"
          options={[
            { value: '', label: 'Everybody' },
            ...options,
            ...(isKnown ? [] : [{ value: asked.by, label: 'Somebody who did nothing' }]),
          ]}
        />
        <TextField
          {...form.field('subject')}
          label="Order, SKU, request or code"
          maxLength={MAX_LENGTH}
          autoComplete="off"
          optional
        />
        <TextField {...form.field('from')} label="First day" type="date" autoComplete="off" optional />
        <TextField {...form.field('to')} label="Last day" type="date" autoComplete="off" optional />
      </div>
      <div className={styles.buttons}>
        <button type="submit" className="button">
          Show
        </button>
        {isFiltered && (
          <button
            type="button"
            className="text-button"
            onClick={() => show({ by: '', subject: '', from: '', to: '' })}
          >
            Clear filters
          </button>
        )}
      </div>
    </form>
  )
}
