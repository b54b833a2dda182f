import { useState } from 'react'
import type { FieldProps } from './useForm'
import styles from './Form.module.css'

interface PasswordFieldProps extends FieldProps {
  label: string
  hint?: string
  /** So that a password manager fills in the one that there is, or offers a new one. */
  autoComplete: 'current-password' | 'new-password'
}

/** A password, hidden from whoever looks over a shoulder unless the one who types wants to see it. */
export function PasswordField({
  id,
  label,
  hint,
  error,
  autoComplete,
  onChange,
  ...input
}: PasswordFieldProps) {
  const [isShown, setShown] = useState(false)
  const hintId = `${id}-hint`
  const errorId = `${id}-error`
  const described = [hint === undefined ? '' : hintId, error === null ? '' : errorId].join(' ').trim()
  return (
    <div className={styles.field}>
      <label htmlFor={id} className={styles.label}>
        {label}
      </label>
      <div className={styles.secret}>
        <input
          {...input}
          id={id}
          type={isShown ? 'text' : 'password'}
          className={styles.input}
          autoComplete={autoComplete}
          autoCapitalize="none"
          autoCorrect="off"
          spellCheck={false}
          required
          aria-invalid={error !== null}
          aria-describedby={described === '' ? undefined : described}
          onChange={(event) => onChange(event.target.value)}
        />
        <button type="button" className={styles.toggle} onClick={() => setShown((before) => !before)}>
          {isShown ? 'Hide' : 'Show'}
          <span className="visually-hidden"> {label.toLocaleLowerCase()}</span>
        </button>
      </div>
      {hint !== undefined && (
        <p id={hintId} className={styles.hint}>
          {hint}
        </p>
      )}
      {error !== null && (
        <p id={errorId} className={styles.error}>
          {error}
        </p>
      )}
    </div>
  )
}
