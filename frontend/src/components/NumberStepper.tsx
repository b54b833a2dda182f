// How many: minus, a number to type, plus. Why it is not React Aria's: docs/decisions/0028-own-number-field.md.
import { useId, useRef, type KeyboardEvent } from 'react'
import { useTypedNumber } from './useTypedNumber'
import styles from './NumberStepper.module.css'

export interface NumberStepperProps {
  label: string
  value: number
  onChange: (value: number) => void
  min?: number
  max?: number
}

const STEPS: Record<string, number> = { ArrowUp: 1, ArrowDown: -1 }

/**
 * The number is confirmed by Enter and by leaving the field, and given back by Escape; arrow keys step. What is no number
 * between `min` and `max` changes nothing, and it is said. Both buttons are left out of the order of Tab, as those of every
 * spin button: in the field the arrow keys do the same.
 */
export default function NumberStepper({ label, value, onChange, min = 1, max = 999 }: NumberStepperProps) {
  const id = useId()
  const box = useRef<HTMLDivElement>(null)
  const { text, isTyping, said, type, confirm, leave, step, restore } = useTypedNumber({
    value,
    min,
    max,
    onChange,
    box,
  })

  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    // Enter and the arrows belong to the list of words while Japanese is typed.
    if (event.nativeEvent.isComposing) return
    const by = STEPS[event.key]
    if (by !== undefined) step(by)
    else if (event.key === 'Enter') confirm()
    else if (event.key === 'Escape' && isTyping) restore()
    else return
    event.preventDefault()
    // The first Escape is the field's; the next one closes the drawer around it.
    event.stopPropagation()
  }

  return (
    <div className={styles.field}>
      <div ref={box} role="group" className={styles.group}>
        <Step by={-1} sign="−" label={`Decrease ${label}`} isOver={value <= min} step={step} />
        <input
          aria-label={label}
          aria-describedby={said.isProblem ? id : undefined}
          className={styles.input}
          type="text"
          inputMode="numeric"
          enterKeyHint="done"
          autoComplete="off"
          value={text}
          onChange={(event) => type(event.target.value)}
          onBlur={leave}
          onFocus={(event) => event.target.select()}
          onKeyDown={onKeyDown}
        />
        <Step by={1} sign="+" label={`Increase ${label}`} isOver={value >= max} step={step} />
      </div>
      <p id={id} aria-live="polite" className={said.isProblem ? styles.problem : 'visually-hidden'}>
        {said.text}
      </p>
    </div>
  )
}

interface StepProps {
  by: number
  sign: string
  label: string
  /** At its end: it can be pressed, and says so. A disabled button would drop the focus that it has. */
  isOver: boolean
  step: (by: number) => void
}

function Step({ by, sign, label, isOver, step }: StepProps) {
  return (
    <button
      type="button"
      tabIndex={-1}
      aria-label={label}
      aria-disabled={isOver}
      className={styles.step}
      onClick={() => step(by)}
    >
      <span aria-hidden="true">{sign}</span>
    </button>
  )
}
