import { useRef } from 'react'
import { flushSync } from 'react-dom'
import { Button, Group, Input, NumberField } from 'react-aria-components'
import styles from './QuantityField.module.css'

export interface QuantityFieldProps {
  label: string
  value: number
  onChange: (quantity: number) => void
  max?: number
}

const WHOLE: Intl.NumberFormatOptions = { maximumFractionDigits: 0 }

// Behind QuantityField.tsx, which loads it when the page is there: React Aria's number field is a third of a page's code.
export default function NumberStepper({ label, value, onChange, max = 999 }: QuantityFieldProps) {
  const typed = useRef(false)
  return (
    <NumberField
      aria-label={label}
      value={value}
      minValue={1}
      maxValue={max}
      formatOptions={WHOLE}
      onChange={(quantity) => {
        const wasTyped = typed.current
        typed.current = false
        // An emptied field says NaN: the quantity stays what it was.
        if (!Number.isFinite(quantity)) return
        // What was typed: React Aria writes into the field what it rendered last, once this returns. Rendered here, the number that was
        // there before would stand in the field.
        if (wasTyped) return onChange(quantity)
        // The next step counts from what is rendered: however fast the clicks come, none of them may count from before.
        flushSync(() => onChange(quantity))
      }}
      className={styles.field ?? ''}
    >
      <Group className={styles.group ?? ''}>
        <Button slot="decrement" className={styles.step ?? ''}>
          <span aria-hidden="true">−</span>
        </Button>
        <Input className={styles.input ?? ''} inputMode="numeric" onInput={() => (typed.current = true)} />
        <Button slot="increment" className={styles.step ?? ''}>
          <span aria-hidden="true">+</span>
        </Button>
      </Group>
    </NumberField>
  )
}
