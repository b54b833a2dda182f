// A new discount code with its limits. Rendered by CodesPage.tsx.
import { useId, useState } from 'react'
import { asSentences, inWords } from '../../api/problem'
import type { NewDiscountCode } from '../../api/types'
import { useCommand } from '../../api/useCommand'
import { Confirm } from '../../components/Confirm'
import { ErrorSummary } from '../../components/form/ErrorSummary'
import { SelectField } from '../../components/form/SelectField'
import { TextField } from '../../components/form/TextField'
import { useForm, type Rule } from '../../components/form/useForm'
import { SHOP_CURRENCY } from '../../components/money'
import { createCode } from './api'
import { futureProblem, isHalfTyped, momentOf } from './dates'
import { amountOf, countOf, discountInWords } from './words'
import styles from './Staff.module.css'

type Kind = 'percent' | 'amount'

const kinds: { value: Kind; label: string }[] = [
  { value: 'percent', label: 'a percentage' },
  { value: 'amount', label: `an amount in ${SHOP_CURRENCY}` },
]

type Field = 'code' | 'value' | 'minimum' | 'limit' | 'limit_per_customer' | 'expires_at'

const empty: Record<Field, string> = {
  code: '',
  value: '',
  minimum: '',
  limit: '',
  limit_per_customer: '',
  expires_at: '',
}

const HALF = 'Enter the whole date with its time, or clear it.'

const optionalCount: Rule = (value) =>
  value === '' || countOf(value) !== null ? null : 'A whole number of at least 1, or nothing.'

const rules: Partial<Record<Field, Rule>> = {
  code: (value) =>
    /^(?!-)[A-Za-z0-9-]{3,32}$/.test(value) && !value.endsWith('-')
      ? null
      : 'A code has 3 to 32 letters, digits and hyphens, such as SPRING-10.',
  minimum: (value) =>
    value === '' || amountOf(value, SHOP_CURRENCY) !== null ? null : 'An amount such as 50.00, or nothing.',
  limit: optionalCount,
  limit_per_customer: optionalCount,
  expires_at: (value) => (isHalfTyped('expires_at') ? HALF : futureProblem(value, Date.now())),
}

const rulesOf: Record<Kind, Partial<Record<Field, Rule>>> = {
  percent: {
    ...rules,
    value: (value) => (discountOf('percent', value) === null ? 'A percentage between 1 and 100.' : null),
  },
  amount: {
    ...rules,
    value: (value) => (discountOf('amount', value) === null ? 'An amount such as 5.00.' : null),
  },
}

export function NewCodeForm({ onDone }: { onDone: () => void }) {
  const [wanted, setWanted] = useState<NewDiscountCode | null>(null)
  const [said, setSaid] = useState('')
  const kindId = useId()
  const [kind, setKind] = useState<Kind>('percent')
  const form = useForm(empty, { rules: rulesOf[kind] })
  const creating = useCommand({
    send: (key, code: NewDiscountCode) => createCode(key, code),
    onDone: () => {
      setSaid(`${wanted?.code ?? 'The code'} can be used now.`)
      setWanted(null)
      for (const name of Object.keys(empty) as Field[]) form.set(name, empty[name])
      onDone()
    },
    inWords: (problem) => {
      if (!form.refuse(asSentences(problem.violations))) return inWords(problem)
      setWanted(null)
      return null
    },
  })

  return (
    <section aria-labelledby="new-code" className={styles.stack}>
      <h2 id="new-code">A new code</h2>
      <form
        noValidate
        className={styles.form}
        onSubmit={form.onSubmit((typed) => {
          setSaid('')
          setWanted(codeOf(kind, typed))
        })}
      >
        <p role="status">{said}</p>
        <ErrorSummary faults={form.faults} tries={form.tries} />
        <TextField {...form.field('code')} label="Code" autoComplete="off" maxLength={32} />
        <div className={styles.fields}>
          <SelectField
            id={kindId}
            name="kind"
            label="Takes off"
            value={kind}
            error={null}
            options={kinds}
            onChange={(chosen) => setKind(chosen === 'amount' ? 'amount' : 'percent')}
            onBlur={() => {}}
          />
          <TextField
            {...form.field('value')}
            label={kind === 'percent' ? 'Percent' : 'Amount'}
            inputMode={kind === 'percent' ? 'numeric' : 'decimal'}
            autoComplete="off"
          />
        </div>
        <TextField
          {...form.field('minimum')}
          label={`For orders from (${SHOP_CURRENCY})`}
          inputMode="decimal"
          autoComplete="off"
          optional
        />
        <div className={styles.fields}>
          <TextField
            {...form.field('limit')}
            label="Uses in total"
            inputMode="numeric"
            autoComplete="off"
            optional
          />
          <TextField
            {...form.field('limit_per_customer')}
            label="Uses per customer"
            inputMode="numeric"
            autoComplete="off"
            optional
          />
        </div>
        <TextField
          {...form.field('expires_at')}
          label="Until"
          type="datetime-local"
          autoComplete="off"
          optional
        />
        <button type="submit" className="button">
          Create the code
        </button>
      </form>
      {wanted !== null && (
        <Confirm
          title={`Create ${wanted.code}?`}
          action={`Create ${wanted.code}`}
          instead="Not yet"
          isBusy={creating.isBusy}
          trouble={creating.trouble}
          onConfirm={() => creating.run(wanted)}
          onClose={() => {
            creating.forget()
            setWanted(null)
          }}
        >
          <p>
            It takes {discountInWords(wanted)} off
            {wanted.limit == null ? ', as often as it is used' : `, ${wanted.limit} times in total`}. It can
            be disabled at any time, and not be changed.
          </p>
        </Confirm>
      )}
    </section>
  )
}

function codeOf(kind: Kind, typed: Record<Field, string>): NewDiscountCode | null {
  const { code, value, minimum, limit, limit_per_customer, expires_at } = typed
  const discount = discountOf(kind, value)
  if (discount === null) return null
  return {
    code: code.toUpperCase(),
    discount,
    ...(minimum === '' ? {} : { minimum: amountOf(minimum, SHOP_CURRENCY) }),
    ...(limit === '' ? {} : { limit: countOf(limit) }),
    ...(limit_per_customer === '' ? {} : { limit_per_customer: countOf(limit_per_customer) }),
    ...(expires_at === '' ? {} : { expires_at: momentOf(expires_at) }),
  }
}

function discountOf(kind: Kind, value: string): NewDiscountCode['discount'] | null {
  if (kind === 'percent') {
    const percent = countOf(value)
    return percent !== null && percent <= 100 ? { percent } : null
  }
  const amount = amountOf(value, SHOP_CURRENCY)
  return amount === null ? null : { amount }
}
