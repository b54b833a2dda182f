import type { FieldProps } from './useForm'
import styles from './Form.module.css'

interface TextAreaFieldProps extends FieldProps {
  label: string
  hint?: string
  optional?: boolean
  maxLength?: number
  rows?: number
}

/** Several lines of text with their label, and their error below. */
export function TextAreaField({
  id,
  label,
  hint,
  optional = false,
  error,
  rows = 4,
  onChange,
  ...input
}: TextAreaFieldProps) {
  const hintId = `${id}-hint`
  const errorId = `${id}-error`
  const described = [hint === undefined ? '' : hintId, error === null ? '' : errorId].join(' ').trim()
  return (
    <div className={styles.field}>
      <label htmlFor={id} className={styles.label}>
        {label}
        {optional && <span className={styles.optional}> optional</span>}
      </label>
      <textarea
        {...input}
        id={id}
        rows={rows}
        className={`${styles.input} ${styles.area}`}
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
