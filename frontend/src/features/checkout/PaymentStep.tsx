// A last look, and Pay. What changed meanwhile stands before the button and has to be agreed to.
import type { ReactNode } from 'react'
import { Link } from 'react-router'
import type { Quote } from '../../api/types'
import { countryName } from '../../components/countries'
import { formatMoney } from '../../components/money'
import { Price } from '../../components/Price'
import { CardForm } from './CardForm'
import type { ContactFields } from './contact'
import styles from './Step.module.css'

interface PaymentStepProps {
  quote: Quote
  isUpdating: boolean
  contact: ContactFields
  /** What has to be agreed to before anything is paid. */
  changes: ReactNode
  /** Why the last try did not place the order. */
  trouble: string | null
  /** The token of what is paid with; none where nothing has to be paid. */
  onPay: (paymentMethod: string | null) => void
}

export function PaymentStep({ quote, isUpdating, contact, changes, trouble, onPay }: PaymentStepProps) {
  const { total } = quote.totals
  const isReady = !isUpdating && changes === null
  const before = (
    <>
      <div role="alert">{trouble !== null && <p className={styles.trouble}>{trouble}</p>}</div>
      {changes}
    </>
  )
  return (
    <div className={styles.step}>
      <Recap quote={quote} contact={contact} />
      <section className={styles.group} aria-labelledby="payment">
        <h2 id="payment" className={styles.legend}>
          How you pay
        </h2>
        {total.minor === 0 ? (
          <form
            noValidate
            className={styles.group}
            onSubmit={(event) => {
              event.preventDefault()
              if (isReady) onPay(null)
            }}
          >
            <p>There is nothing to pay.</p>
            {before}
            <button type="submit" className="button button-money" aria-disabled={!isReady}>
              Place the order
            </button>
          </form>
        ) : (
          <CardForm
            action={isUpdating ? 'One moment, the total is updating' : `Pay ${formatMoney(total)}`}
            before={before}
            isReady={isReady}
            billing={{ name: contact.name, email: contact.email }}
            onMethod={onPay}
          />
        )}
      </section>
    </div>
  )
}

function Recap({ quote, contact }: { quote: Quote; contact: ContactFields }) {
  const option = quote.shipping_options.find(({ id }) => id === quote.shipping_option)
  const { name, line1, line2, postal_code, city, region, country, email } = contact
  return (
    <dl className={styles.recap}>
      <div>
        <dt>Goes to</dt>
        <dd>
          {[name, line1, line2, `${postal_code} ${city}`, region, countryName(country)]
            .filter((part) => part.trim() !== '')
            .join(', ')}
          <br />
          <span className={styles.soft}>{email}</span>
        </dd>
        <dd>
          <Link to="/checkout/details" className={styles.change}>
            Change<span className="visually-hidden"> the address</span>
          </Link>
        </dd>
      </div>
      <div>
        <dt>Sent by</dt>
        <dd>
          {option?.name}, {option?.takes},{' '}
          {option === undefined || option.price.minor === 0 ? 'free' : <Price money={option.price} />}
        </dd>
        <dd>
          <Link to="/checkout/delivery" className={styles.change}>
            Change<span className="visually-hidden"> how it is sent</span>
          </Link>
        </dd>
      </div>
    </dl>
  )
}
