// One order, and what staff do with it: send, deliver, pay back, answer a return, cancel. An analyst sees it without address.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useParams } from 'react-router'
import type { OrderDocument } from '../../api/types'
import { countryName } from '../../components/countries'
import {
  declineInWords,
  orderNumber,
  paymentInWords,
  returnReasonInWords,
  stateInWords,
} from '../../components/orderWords'
import { Totals } from '../../components/Totals'
import { Trouble } from '../../components/Trouble'
import { When } from '../../components/When'
import { useAccess } from './access'
import { Act } from './Act'
import { cancel, contactQuery, declineReturn, orderQuery, showOrder, type AtLeast } from './api'
import { OrderLines } from './OrderLines'
import { Parcels } from './Parcels'
import { RefundForm } from './RefundForm'
import { ShipForm } from './ShipForm'
import { useLeaveWhenForbidden } from './useLeaveWhenForbidden'
import { addressLines, everyEventInWords, shippingInWords } from './words'
import styles from './Staff.module.css'

export function StaffOrderPage() {
  const { canChange } = useAccess()
  const { id = '' } = useParams()
  const client = useQueryClient()
  const { data: order, error, isError, refetch } = useQuery(orderQuery(id))
  useLeaveWhenForbidden(error)

  const show = (atLeast: AtLeast) => void showOrder(client, id, atLeast)

  if (order === null) {
    return (
      <div className={styles.page}>
        <title>No such order · Staff</title>
        <h1>There is no such order.</h1>
        <Link to="/staff/orders">All orders</Link>
      </div>
    )
  }
  if (order === undefined) {
    return (
      <div className={styles.page} aria-busy={!isError}>
        <title>Order · Staff</title>
        {isError ? (
          <Trouble title="The order did not load" onRetry={() => void refetch()} />
        ) : (
          <div className={`skeleton ${styles.placeOfOrder}`} />
        )}
      </div>
    )
  }
  return (
    <div className={styles.page}>
      <title>{`Order ${orderNumber(id)} · Staff`}</title>
      <p>
        <Link to="/staff/orders" className={styles.back}>
          All orders
        </Link>
      </p>
      <header className={styles.orderHead}>
        <h1>Order {orderNumber(id)}</h1>
        {canChange && (
          <Link to={`/staff/orders/${id}/packing-slip`} className={styles.way}>
            Packing slip
          </Link>
        )}
        <p role="status">
          {stateInWords(order.state)} · {paymentInWords(order.payment.state)} · placed{' '}
          <When at={order.placed_at} time />
        </p>
      </header>
      <div className={styles.columns}>
        <div className={styles.stack}>
          <Return order={order} onDone={(version) => show({ version })} />
          <div className={styles.scrolls}>
            <OrderLines order={order} />
          </div>
          <ShipForm order={order} />
          <Parcels order={order} />
          <RefundForm
            key={`payment ${order.payment_version}`}
            order={order}
            onDone={(paymentVersion) => show({ paymentVersion })}
          />
          <Cancel order={order} onDone={(version) => show({ version })} />
        </div>
        <aside className={styles.stack} aria-label="About this order">
          <Totals totals={order.totals} code={order.code} />
          {canChange ? (
            <Address id={id} country={order.country} />
          ) : (
            <p>
              <span className={styles.soft}>{whereInWords(order)}</span> {countryName(order.country)}
            </p>
          )}
          <p>
            <span className={styles.soft}>Delivery</span> {shippingInWords(order.shipping_option)}
          </p>
          <Happened order={order} />
        </aside>
      </div>
    </div>
  )
}

interface PartProps {
  order: OrderDocument
  onDone: (version: number) => void
}

function Return({ order, onDone }: PartProps) {
  if (order.return === null) return null
  const { state, reason } = order.return
  const why = `“${returnReasonInWords(reason)}”`
  return (
    <section className={styles.notice} aria-label="Return">
      {state === 'requested' && (
        <>
          <p>The customer asks to return something: {why}. Refunding accepts the return.</p>
          <Act
            label="Decline the return"
            title="Decline this return?"
            action="Decline it"
            send={(key) => declineReturn(order.id, key)}
            onDone={({ version }) => onDone(version)}
          >
            <p>The customer sees that it was declined. They may ask once more after the first time.</p>
          </Act>
        </>
      )}
      {state === 'accepted' && <p>The return ({why}) was accepted.</p>}
      {state === 'declined' && <p>The return ({why}) was declined.</p>}
    </section>
  )
}

function Cancel({ order, onDone }: PartProps) {
  const isPossible = order.state === 'awaiting-payment' || order.state === 'confirmed'
  if (!isPossible) return null
  return (
    <Act
      label="Cancel this order"
      title="Cancel this order?"
      action="Cancel the order"
      instead="Keep the order"
      send={(key) => cancel(order.id, key)}
      onDone={({ version }) => onDone(version)}
    >
      <p>
        {order.state === 'confirmed'
          ? 'All that was paid is refunded, and the items are in stock again. This cannot be taken back.'
          : 'Nothing was charged. The items are no longer reserved, and go back into the customer’s cart. This cannot be taken back.'}
      </p>
    </Act>
  )
}

function whereInWords({ shipments, state }: OrderDocument): string {
  if (shipments.length > 0) return 'Shipped to'
  return state === 'cancelled' ? 'Was to ship to' : 'Ship to'
}

/** For staff alone: to others the shop refuses it, so it is not asked for. */
function Address({ id, country }: { id: string; country: string }) {
  const { data: contact, isError } = useQuery(contactQuery(id))
  if (contact === undefined) {
    return isError ? (
      <p>The address cannot be shown at the moment.</p>
    ) : (
      <div className={`skeleton ${styles.placeOfAddress}`} />
    )
  }
  return (
    <address className={styles.address}>
      {addressLines(contact, country).map((line, place) => (
        <span key={place}>{line}</span>
      ))}
      <a href={`mailto:${contact.email}?subject=${encodeURIComponent(`Order ${orderNumber(id)}`)}`}>
        {contact.email}
      </a>
      {contact.phone != null && contact.phone !== '' && <a href={`tel:${contact.phone}`}>{contact.phone}</a>}
    </address>
  )
}

function Happened({ order: { timeline, payment } }: { order: OrderDocument }) {
  const declined = payment.attempts.filter(({ state }) => state === 'declined')
  return (
    <section aria-labelledby="happened">
      <h2 id="happened">What happened</h2>
      <ol className={styles.events}>
        {timeline.map(({ what, at }, place) => (
          <li key={place}>
            <span>{everyEventInWords(what)}</span> <When at={at} time />
          </li>
        ))}
      </ol>
      {declined.map(({ id, reason }) => (
        <p key={id} className={styles.soft}>
          Declined: {declineInWords(reason)}
        </p>
      ))}
    </section>
  )
}
