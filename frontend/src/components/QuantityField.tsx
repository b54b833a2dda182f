import { lazy, Suspense } from 'react'
import type { QuantityFieldProps } from './NumberStepper'
import styles from './QuantityField.module.css'

const NumberStepper = lazy(() => import('./NumberStepper'))

/** How many: minus, a number to type, plus. Arrow keys work in the number. Its place is kept until it is there. */
export function QuantityField(field: QuantityFieldProps) {
  return (
    <Suspense fallback={<span className={styles.place}>{field.value}</span>}>
      <NumberStepper {...field} />
    </Suspense>
  )
}
