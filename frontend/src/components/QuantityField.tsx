import { lazy, memo, Suspense } from 'react'
import type { QuantityFieldProps } from './NumberStepper'
import styles from './QuantityField.module.css'

const NumberStepper = lazy(() => import('./NumberStepper'))

/**
 * How many: minus, a number to type, plus. Arrow keys work in the number. Its place is kept until it is there.
 * Memoised: it is dear to draw, and most changes of the cart do not concern it.
 */
export const QuantityField = memo(function QuantityField(field: QuantityFieldProps) {
  return (
    <Suspense fallback={<span className={styles.place}>{field.value}</span>}>
      <NumberStepper {...field} />
    </Suspense>
  )
})
