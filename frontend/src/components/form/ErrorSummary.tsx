// What is in the way of sending a form, with a way to each field. It takes focus after a try that failed.
import { useEffect, useRef } from 'react'
import type { Fault } from './useForm'
import styles from './Form.module.css'

export function ErrorSummary({ faults, tries }: { faults: Fault[]; tries: number }) {
  const box = useRef<HTMLDivElement>(null)
  const shown = faults.length > 0

  useEffect(() => {
    if (tries > 0) box.current?.focus()
  }, [tries])

  return (
    <div aria-live="polite">
      {shown && (
        <div ref={box} tabIndex={-1} className={styles.summary} role="group" aria-label="What is not right">
          <p>{faults.length === 1 ? 'Please check one field:' : `Please check ${faults.length} fields:`}</p>
          <ul>
            {faults.map(({ id, text }) => (
              <li key={id}>
                <a
                  href={`#${id}`}
                  onClick={(event) => {
                    event.preventDefault()
                    document.getElementById(id)?.focus()
                  }}
                >
                  {text}
                </a>
              </li>
            ))}
          </ul>
        </div>
      )}
    </div>
  )
}
