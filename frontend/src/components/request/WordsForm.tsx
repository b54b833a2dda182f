// Some words about a request: a comment, a reason, a wish for another quote. Called by the pages of requests and by staff's
// panel, each with its own command.
import type { ReactNode } from 'react'
import { asSentences, inWords, type Problem } from '../../api/problem'
import { useCommand } from '../../api/useCommand'
import { ErrorSummary } from '../form/ErrorSummary'
import { TextAreaField } from '../form/TextAreaField'
import { useForm } from '../form/useForm'
import styles from './Request.module.css'

const LONGEST = 2_000

interface WordsFormProps<Answer> {
  label: string
  hint?: string
  /** What is said where the field is empty. */
  missing: string
  action: string
  send: (key: string, words: string) => Promise<Answer>
  onDone: (answer: Answer) => void
  why?: (problem: Problem) => string
  /** A second button. */
  children?: ReactNode
}

export function WordsForm<Answer>({
  label,
  hint,
  missing,
  action,
  send,
  onDone,
  why = inWords,
  children,
}: WordsFormProps<Answer>) {
  const form = useForm({ text: '' }, { rules: { text: (words) => (words === '' ? missing : null) } })
  const command = useCommand({
    send,
    onDone: (answer: Answer) => {
      form.set('text', '')
      onDone(answer)
    },
    inWords: (problem) => {
      // Whatever the shop calls the field, there is one.
      const said = asSentences(problem.violations).map(({ message }) => ({ field: 'text', message }))
      return form.refuse(said) ? null : why(problem)
    },
  })
  return (
    <form noValidate className={styles.form} onSubmit={form.onSubmit(({ text }) => command.run(text))}>
      <ErrorSummary faults={form.faults} tries={form.tries} />
      <div role="alert">
        {command.trouble !== null && <p className={styles.trouble}>{command.trouble}</p>}
      </div>
      <TextAreaField
        {...form.field('text')}
        label={label}
        maxLength={LONGEST}
        {...(hint === undefined ? {} : { hint })}
      />
      <button type="submit" className="button" aria-disabled={command.isBusy}>
        {command.isBusy ? 'One moment' : action}
      </button>
      {children}
    </form>
  )
}
