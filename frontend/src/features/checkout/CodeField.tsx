// The discount code: applied and taken off at once, by the server, whose words are shown when it says no.
import { useId, useState } from 'react'
import { inWords, ProblemError } from '../../api/problem'
import type { Quote } from '../../api/types'
import { applyCode, removeCode } from './api'
import styles from './CodeField.module.css'

interface CodeFieldProps {
  cart: string
  code: Quote['code']
  /** The cart comes to something else now. */
  onChanged: () => void
}

export function CodeField({ cart, code, onChanged }: CodeFieldProps) {
  const id = useId()
  const [isOpen, setOpen] = useState(false)
  const [typed, setTyped] = useState('')
  const [isBusy, setBusy] = useState(false)
  const [refusal, setRefusal] = useState<string | null>(null)

  const run = async (act: () => Promise<unknown>) => {
    setBusy(true)
    setRefusal(null)
    try {
      await act()
      setTyped('')
      setOpen(false)
    } catch (error) {
      setRefusal(
        error instanceof ProblemError
          ? inWords(error.problem)
          : 'The shop did not answer. Please try again; nothing else has changed.',
      )
    }
    setBusy(false)
    onChanged()
  }

  return (
    <div className={styles.code}>
      <div aria-live="polite">
        {code !== null && (
          <p className={styles.applied}>
            <span>
              Code <strong>{code.code}</strong>
              {code.refused === null ? ' is applied.' : ' takes nothing off.'}
            </span>
            <button
              type="button"
              className="text-button"
              disabled={isBusy}
              onClick={() => void run(() => removeCode(cart))}
            >
              Remove<span className="visually-hidden"> the code {code.code}</span>
            </button>
          </p>
        )}
        {code !== null && code.refused !== null && <p className={styles.refusal}>{inWords(code.refused)}</p>}
      </div>
      {code === null && !isOpen && (
        <button type="button" className="text-button" onClick={() => setOpen(true)}>
          Add a discount code
        </button>
      )}
      {code === null && isOpen && (
        <form
          noValidate
          className={styles.form}
          onSubmit={(event) => {
            event.preventDefault()
            if (typed.trim() !== '' && !isBusy) void run(() => applyCode(cart, typed.trim()))
          }}
        >
          <label htmlFor={id} className={styles.label}>
            Discount code
          </label>
          <input
            // The field comes where the pressed button was.
            // eslint-disable-next-line jsx-a11y/no-autofocus
            autoFocus
            id={id}
            value={typed}
            maxLength={32}
            autoComplete="off"
            autoCapitalize="characters"
            spellCheck={false}
            className={styles.input}
            aria-invalid={refusal !== null}
            aria-describedby={refusal === null ? undefined : `${id}-error`}
            onChange={(event) => {
              setTyped(event.target.value)
              setRefusal(null)
            }}
          />
          <button type="submit" className="button" aria-disabled={isBusy}>
            Apply
          </button>
        </form>
      )}
      <div role="alert">
        {refusal !== null && (
          <p id={`${id}-error`} className={styles.refusal}>
            {refusal}
          </p>
        )}
      </div>
    </div>
  )
}
