// Where it goes and how it is sent, once more before it is ordered. Rendered by PaymentStep.tsx and QuoteCheckout.tsx.
import { Link } from 'react-router'
import type { Quote } from '../../api/types'
import { countryName } from '../../components/countries'
import { Price } from '../../components/Price'
import type { ContactFields } from './contact'
import styles from './Step.module.css'

interface RecapProps {
  quote: Quote
  contact: ContactFields
  /** Where each is changed. */
  toDetails: string
  toDelivery: string
}

export function Recap({ quote, contact, toDetails, toDelivery }: RecapProps) {
  const option = quote.shipping_options.find(({ id }) => id === quote.shipping_option)
  const { name, line1, line2, postal_code, city, region, country, email } = contact
  return (
    <dl className={styles.recap}>
      <div>
        <dt>Ship to</dt>
        <dd>
          {[name, line1, line2, `${postal_code} ${city}`, region, countryName(country)]
            .filter((part) => part.trim() !== '')
            .join(', ')}
          <br />
          <span className={styles.soft}>{email}</span>
        </dd>
        <dd>
          <Link to={toDetails} className={styles.change}>
            Change<span className="visually-hidden"> the delivery address</span>
          </Link>
        </dd>
      </div>
      <div>
        <dt>Delivery method</dt>
        <dd>
          {option?.name}, {option?.takes},{' '}
          {option === undefined || option.price.minor === 0 ? 'free' : <Price money={option.price} />}
        </dd>
        <dd>
          <Link to={toDelivery} className={styles.change}>
            Change<span className="visually-hidden"> the delivery method</span>
          </Link>
        </dd>
      </div>
    </dl>
  )
}
