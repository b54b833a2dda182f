// What was bought, by whom and for how much: beside the status on a screen, alone on paper.
import { useQuery } from '@tanstack/react-query'
import type { Contact, OrderDocument } from '../../api/types'
import { countryName } from '../../components/countries'
import { orderNumber, paymentInWords } from '../../components/orderWords'
import { Price } from '../../components/Price'
import { SellerAddress } from '../../components/SellerAddress'
import { ThingList } from '../../components/ThingList'
import { Totals } from '../../components/Totals'
import { When } from '../../components/When'
import { contactQuery, type OrderLink } from './api'
import styles from './Receipt.module.css'

export function Receipt({ link, order }: { link: OrderLink; order: OrderDocument }) {
  const contact = useQuery(contactQuery(link))
  const { payment } = order
  const paidAt = order.timeline.find(({ what }) => what === 'PaymentCaptured')?.at
  const isPaid = payment.captured !== null || order.totals.total.minor === 0
  return (
    <section className={styles.receipt} aria-labelledby="receipt">
      <p className={styles.shop}>Cartwright</p>
      <div className={styles.head}>
        <h2 id="receipt">{isPaid ? 'Receipt' : 'What you ordered'}</h2>
        <p className={styles.soft}>
          Order {orderNumber(order.id)}, <When at={order.placed_at} />
        </p>
      </div>
      <ThingList things={order.lines} />
      <Totals totals={order.totals} code={order.code} />
      <dl className={styles.facts}>
        <div>
          <dt>Payment</dt>
          <dd>
            {paymentInWords(payment.state)}
            {paidAt !== undefined && (
              <>
                , <When at={paidAt} />
              </>
            )}
          </dd>
        </div>
        {payment.refunds.map(({ id, amount, state }) => (
          <div key={id}>
            <dt>
              {state === 'refunded' ? 'Refunded' : state === 'failed' ? 'Refund failed' : 'Refund on its way'}
            </dt>
            <dd>
              <Price money={amount} />
            </dd>
          </div>
        ))}
        <div>
          <dt>Ship to</dt>
          <dd>
            {contact.data !== undefined ? (
              <Address contact={contact.data} country={order.country} />
            ) : contact.isError ? (
              'The address cannot be shown at the moment.'
            ) : (
              <span className={`skeleton ${styles.place}`} aria-hidden="true" />
            )}
          </dd>
        </div>
        <div>
          <dt>Sold by</dt>
          <dd>
            <SellerAddress />
          </dd>
        </div>
      </dl>
      <button type="button" className={`text-button ${styles.print}`} onClick={() => window.print()}>
        {isPaid ? 'Print the receipt' : 'Print this'}
      </button>
    </section>
  )
}

function Address({ contact, country }: { contact: Contact; country: string }) {
  const { name, line1, line2, postal_code, city, region, email } = contact
  const lines = [
    name,
    line1,
    line2 ?? '',
    `${postal_code} ${city}`,
    region ?? '',
    countryName(country),
    email,
  ]
  return (
    <address className={styles.address}>
      {lines
        .filter((line) => line.trim() !== '')
        .map((line, place) => (
          <span key={place}>{line}</span>
        ))}
    </address>
  )
}
