// Where in the checkout one is. What is done can be gone back to.
import { Link } from 'react-router'
import styles from './Steps.module.css'

export type Step = 'details' | 'delivery' | 'payment'

const steps: { step: Step; name: string }[] = [
  { step: 'details', name: 'Details' },
  { step: 'delivery', name: 'Delivery' },
  { step: 'payment', name: 'Payment' },
]

export function Steps({ at, reached }: { at: Step; reached: Step }) {
  const place = (step: Step) => steps.findIndex((one) => one.step === step)
  return (
    <nav aria-label="Steps of the checkout">
      <ol className={styles.steps}>
        {steps.map(({ step, name }) => (
          <li key={step}>
            {place(step) <= place(reached) ? (
              <Link to={`/checkout/${step}`} aria-current={step === at ? 'step' : undefined}>
                {name}
              </Link>
            ) : (
              <span aria-current={step === at ? 'step' : undefined}>{name}</span>
            )}
          </li>
        ))}
      </ol>
    </nav>
  )
}
