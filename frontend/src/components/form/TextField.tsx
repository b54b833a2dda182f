import type { HTMLInputAutoCompleteAttribute, HTMLInputTypeAttribute, InputHTMLAttributes } from 'react'
import type { FieldProps } from './useForm'
import styles from './Form.module.css'

interface TextFieldProps extends FieldProps {
  label: string
  hint?: string
  optional?: boolean
  type?: HTMLInputTypeAttribute
  autoComplete?: HTMLInputAutoCompleteAttribute
  inputMode?: InputHTMLAttributes<HTMLInputElement>['inputMode']
  maxLength?: number
  /** How much of the row it takes, where the form has rows of several. */
  width?: 'short' | 'half'
}

/** One line of text with its label, and its error below it. */
export function TextField({
  id,
  label,
  hint,
  optional = false,
  error,
  width,
  onChange,
  ...input
}: TextFieldProps) {
  const hintId = `${id}-hint`
  const errorId = `${id}-error`
  const described = [hint === undefined ? '' : hintId, error === null ? '' : errorId].join(' ').trim()
  return (
    <div className={styles.field} data-width={width}>
      <label htmlFor={id} className={styles.label}>
        {label}
        {optional && <span className={styles.optional}> optional</span>}
      </label>
      <input
        {...input}
        id={id}
        className={styles.input}
        required={!optional}
        aria-invalid={error !== null}
        aria-describedby={described === '' ? undefined : described}
        onChange={(event) => onChange(event.target.value)}
      />
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
