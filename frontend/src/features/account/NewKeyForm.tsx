// A new API key with its role and its end. Rendered by KeysPage.tsx.
import { asSentences, type Problem } from '../../api/problem'
import { useCommand } from '../../api/useCommand'
import { ErrorSummary } from '../../components/form/ErrorSummary'
import { SelectField } from '../../components/form/SelectField'
import { TextField } from '../../components/form/TextField'
import { useForm, type Rule } from '../../components/form/useForm'
import { useAccount } from './AccountShell'
import { createApiKey } from './api'
import { roleInWords } from './roles'
import type { CreatedApiKey } from './types'
import { whyRefused } from './words'
import styles from './Account.module.css'

const LONGEST_DAYS = 365
const empty = { name: '', role: 'shopper', expires_in_days: '90' }

const rules: Record<'name' | 'expires_in_days', Rule> = {
  name: (value) => (value === '' ? 'Give it a name, so that you know it again.' : null),
  expires_in_days: (value) =>
    /^\d{1,3}$/.test(value) && Number(value) >= 1 && Number(value) <= LONGEST_DAYS
      ? null
      : `Enter a number of days from 1 to ${LONGEST_DAYS}.`,
}

interface NewKeyFormProps {
  onCreated: (key: CreatedApiKey) => void
  onUnanswered: () => void
}

export function NewKeyForm({ onCreated, onUnanswered }: NewKeyFormProps) {
  const { roles } = useAccount()
  const form = useForm(empty, { rules })
  const command = useCommand({
    send: (_, { name, role, expires_in_days }: typeof empty) => {
      const sent = createApiKey({ name, role, expires_in_days: Number(expires_in_days) })
      // Perhaps it was created, and nobody ever saw it: then the list shows it.
      sent.catch(onUnanswered)
      return sent
    },
    onDone: (key) => {
      form.set('name', '')
      onCreated(key)
    },
    inWords: (problem: Problem) =>
      form.refuse(asSentences(problem.violations)) ? null : whyRefused(problem),
    unanswered:
      'The shop did not answer. If the key is in your list by now, revoke it: nobody has seen it. Then create it again.',
  })
  return (
    <section className={styles.section} aria-labelledby="new-key">
      <h2 id="new-key">A new key</h2>
      <form noValidate className={styles.form} onSubmit={form.onSubmit(command.run)}>
        <ErrorSummary faults={form.faults} tries={form.tries} />
        <div role="alert">
          {command.trouble !== null && <p className={styles.trouble}>{command.trouble}</p>}
        </div>
        <TextField
          {...form.field('name')}
          label="Name"
          hint="What it is for, such as “Stock import”."
          maxLength={60}
          autoComplete="off"
        />
        <SelectField
          {...form.field('role')}
          label="What it may do"
          options={roles.map((role) => ({ value: role, label: roleInWords(role) }))}
        />
        <TextField
          {...form.field('expires_in_days')}
          label="Days until it ends"
          inputMode="numeric"
          maxLength={3}
          autoComplete="off"
        />
        <button type="submit" className={`button ${styles.main}`} aria-disabled={command.isBusy}>
          {command.isBusy ? 'One moment' : 'Create the key'}
        </button>
      </form>
    </section>
  )
}
