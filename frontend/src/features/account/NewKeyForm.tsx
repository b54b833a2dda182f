// A new API key with its role and its end, made with the account's password. Rendered by KeysPage.tsx.
import { useState } from 'react'
import { asSentences, type Problem } from '../../api/problem'
import { useCommand } from '../../api/useCommand'
import { ErrorSummary } from '../../components/form/ErrorSummary'
import { PasswordField } from '../../components/form/PasswordField'
import { SelectField } from '../../components/form/SelectField'
import { TextField } from '../../components/form/TextField'
import { useForm, type Rule } from '../../components/form/useForm'
import { useAccount } from './AccountShell'
import { createApiKey } from './api'
import { presentPassword } from './credentials'
import { roleInWords } from './roles'
import type { CreatedApiKey, NewApiKey } from './types'
import { whyRefused } from './words'
import styles from './Account.module.css'

/** A key that may do more than shop ends sooner. */
const longestDays = (role: string) => (role === 'shopper' ? 365 : 30)
const empty = { name: '', role: 'shopper', expires_in_days: '30', password: '' }

const daysRule =
  (longest: number): Rule =>
  (value) =>
    /^\d{1,3}$/.test(value) && Number(value) >= 1 && Number(value) <= longest
      ? null
      : `Enter a number of days from 1 to ${longest}.`

const rules = {
  name: (value: string) => (value === '' ? 'Enter a name for the key.' : null),
  password: presentPassword,
}

interface NewKeyFormProps {
  onCreated: (key: CreatedApiKey) => void
  onUnanswered: () => void
}

export function NewKeyForm({ onCreated, onUnanswered }: NewKeyFormProps) {
  const { email, roles } = useAccount()
  const [longest, setLongest] = useState(longestDays(empty.role))
  const form = useForm(empty, {
    rules: { ...rules, expires_in_days: daysRule(longest) },
    verbatim: ['password'],
    onChange: ({ role }) => setLongest(longestDays(role)),
  })
  const command = useCommand({
    send: (_, { name, role, expires_in_days, password }: typeof empty) => {
      // One of the account's own roles, which are the names that the API has.
      const body = {
        name,
        role: role as NewApiKey['role'],
        expires_in_days: Number(expires_in_days),
        password,
      }
      const sent = createApiKey(body)
      // Perhaps it was created, and nobody ever saw it: then the list shows it.
      sent.catch(onUnanswered)
      return sent
    },
    onDone: (key) => {
      form.set('name', '')
      form.set('password', '')
      onCreated(key)
    },
    inWords: (problem: Problem) => {
      if (problem.slug === 'wrong-password') {
        form.refuse([{ field: 'password', message: 'This password is not correct. No key was created.' }])
        return null
      }
      return form.refuse(asSentences(problem.violations)) ? null : whyRefused(problem)
    },
    unanswered:
      'The shop did not answer. If the key is in your list, revoke it, because it was never shown. Then create it again.',
  })
  return (
    <section className={styles.section} aria-labelledby="new-key">
      <h2 id="new-key">New API key</h2>
      <form noValidate className={styles.form} onSubmit={form.onSubmit(command.run)}>
        <ErrorSummary faults={form.faults} tries={form.tries} />
        <div role="alert">
          {command.trouble !== null && <p className={styles.trouble}>{command.trouble}</p>}
        </div>
        <TextField
          {...form.field('name')}
          label="Name"
          hint="What you use it for, such as “Stock import”."
          maxLength={60}
          autoComplete="off"
        />
        <SelectField
          {...form.field('role')}
          label="Role"
          options={roles.map((role) => ({ value: role, label: roleInWords(role) }))}
        />
        <TextField
          {...form.field('expires_in_days')}
          label="Expires after (days)"
          hint={`At most ${longest}.`}
          inputMode="numeric"
          maxLength={3}
          autoComplete="off"
        />
        {/* For password managers: whose password it is. */}
        <input type="text" autoComplete="username" value={email} readOnly hidden />
        <PasswordField {...form.field('password')} label="Your password" autoComplete="current-password" />
        <p className={styles.soft}>We will e-mail you that a key was created.</p>
        <button type="submit" className={`button ${styles.main}`} aria-disabled={command.isBusy}>
          {command.isBusy ? 'One moment' : 'Create key'}
        </button>
      </form>
    </section>
  )
}
