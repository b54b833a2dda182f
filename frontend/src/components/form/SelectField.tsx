import type { HTMLInputAutoCompleteAttribute } from 'react'
import type { FieldProps } from './useForm'
import styles from './Form.module.css'

interface SelectFieldProps extends FieldProps {
  label: string
  /** What stands there before anything is chosen. */
  placeholder?: string
  options: { value: string; label: string }[]
  autoComplete?: HTMLInputAutoCompleteAttribute
  width?: 'short' | 'half'
}

/** The browser's own list: the best there is on a phone. */
export function SelectField({
  id,
  label,
  placeholder,
  options,
  error,
  width,
  onChange,
  ...select
}: SelectFieldProps) {
  const errorId = `${id}-error`
  return (
    <div className={styles.field} data-width={width}>
      <label htmlFor={id} className={styles.label}>
        {label}
      </label>
      <select
        {...select}
        id={id}
        className={styles.input}
        required
        aria-invalid={error !== null}
        aria-describedby={error === null ? undefined : errorId}
        onChange={(event) => onChange(event.target.value)}
      >
        {placeholder !== undefined && (
          <option value="" disabled>
            {placeholder}
          </option>
        )}
        {options.map(({ value, label: text }) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
      {error !== null && (
        <p id={errorId} className={styles.error}>
          {error}
        </p>
      )}
    </div>
  )
}
