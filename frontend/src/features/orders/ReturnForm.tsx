// Why something is to be sent back. Rendered by OrderActions.tsx.
import { useState } from 'react'
import type { ReturnReason } from '../../api/types'
import { useCommand } from '../../api/useCommand'
import { returnReasons } from '../../components/orderWords'
import { askForReturn, type OrderLink } from './api'
import styles from './OrderActions.module.css'

interface ReturnFormProps {
  link: OrderLink
  onDone: (version: number) => void
  onClose: () => void
}

export function ReturnForm({ link, onDone, onClose }: ReturnFormProps) {
  const [reason, setReason] = useState<ReturnReason | null>(null)
  const [isMissing, setMissing] = useState(false)
  const asking = useCommand({
    send: (key, chosen: ReturnReason) => askForReturn(link, key, chosen),
    onDone: ({ version }) => onDone(version),
  })
  const trouble = isMissing ? 'Choose why you want to send it back.' : asking.trouble
  return (
    <form
      noValidate
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault()
        setMissing(reason === null)
        if (reason !== null) asking.run(reason)
      }}
    >
      <fieldset aria-describedby="return-error">
        <legend className={styles.legend}>Why do you want to send something back?</legend>
        {returnReasons.map(({ value, label }) => (
          <label key={value} className={styles.choice}>
            <input
              type="radio"
              name="reason"
              value={value}
              checked={reason === value}
              onChange={() => {
                setReason(value)
                setMissing(false)
              }}
            />
            <span>{label}</span>
          </label>
        ))}
      </fieldset>
      <div role="alert" id="return-error">
        {trouble !== null && <p className={styles.trouble}>{trouble}</p>}
      </div>
      <div className={styles.buttons}>
        <button type="submit" className="button" aria-disabled={asking.isBusy}>
          Request return
        </button>
        <button type="button" className="text-button" onClick={onClose}>
          Keep it
        </button>
      </div>
    </form>
  )
}
