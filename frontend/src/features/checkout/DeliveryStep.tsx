// How it is sent: the shop's options with their prices for this cart and country.
import type { Quote } from '../../api/types'
import { Price } from '../../components/Price'
import styles from './Step.module.css'

interface DeliveryStepProps {
  quote: Quote
  chosen: string | null
  /** What comes next. */
  action?: string
  onChoose: (option: string) => void
  onDone: (option: string) => void
}

export function DeliveryStep({
  quote,
  chosen,
  action = 'Continue to payment',
  onChoose,
  onDone,
}: DeliveryStepProps) {
  const current = chosen ?? quote.shipping_option
  return (
    <form
      noValidate
      className={styles.step}
      onSubmit={(event) => {
        event.preventDefault()
        onDone(current)
      }}
    >
      <fieldset className={styles.group}>
        <legend className={styles.legend}>Delivery method</legend>
        <div className={styles.options}>
          {quote.shipping_options.map(({ id, name, takes, price }) => (
            <label key={id} className={styles.option}>
              <input
                type="radio"
                name="shipping-option"
                value={id}
                checked={id === current}
                onChange={() => onChoose(id)}
              />
              <span>
                <span className={styles.optionName}>{name}</span>
                <span className={styles.optionTakes}>{takes}</span>
              </span>
              <span className={styles.optionPrice}>
                {price.minor === 0 ? 'Free' : <Price money={price} />}
              </span>
            </label>
          ))}
        </div>
      </fieldset>
      <button type="submit" className={`button ${styles.next}`}>
        {action}
      </button>
    </form>
  )
}
