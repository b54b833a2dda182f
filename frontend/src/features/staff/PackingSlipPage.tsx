// What lies in the box of an order: its address and its lines, without prices, for the printer. For staff alone, who see addresses.
import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from 'react-router'
import type { Contact, OrderDocument } from '../../api/types'
import { orderNumber } from '../../components/orderWords'
import { Trouble } from '../../components/Trouble'
import { When } from '../../components/When'
import { useAccess } from './access'
import { contactQuery, orderQuery } from './api'
import { NoSuchPage } from './NoSuchPage'
import { useLeaveWhenForbidden } from './useLeaveWhenForbidden'
import { addressLines, shippingInWords } from './words'
import styles from './PackingSlip.module.css'

export function PackingSlipPage() {
  const { canChange } = useAccess()
  const { id = '' } = useParams()
  const order = useQuery(orderQuery(id))
  const contact = useQuery({ ...contactQuery(id), enabled: canChange })
  useLeaveWhenForbidden(order.error ?? contact.error)
  if (!canChange || order.data === null) return <NoSuchPage />

  const isBroken =
    (order.isError && order.data === undefined) || (contact.isError && contact.data === undefined)
  return (
    <div className={styles.page}>
      <title>{`Packing slip ${orderNumber(id)} · Staff`}</title>
      <p className={styles.controls}>
        <Link to={`/staff/orders/${id}`}>Back to the order</Link>
        {order.data !== undefined && contact.data !== undefined && (
          <button type="button" className="button" onClick={() => window.print()}>
            Print
          </button>
        )}
      </p>
      <h1>Packing slip</h1>
      {isBroken && (
        <Trouble
          title="The packing slip did not load"
          onRetry={() => {
            void order.refetch()
            void contact.refetch()
          }}
        />
      )}
      {!isBroken && (order.data === undefined || contact.data === undefined) && (
        <div aria-busy="true" className={`skeleton ${styles.place}`} />
      )}
      {order.data !== undefined && contact.data !== undefined && (
        <Slip order={order.data} contact={contact.data} />
      )}
    </div>
  )
}

function Slip({ order, contact }: { order: OrderDocument; contact: Contact }) {
  return (
    <>
      <address className={styles.address}>
        {addressLines(contact, order.country).map((line, place) => (
          <span key={place}>{line}</span>
        ))}
      </address>
      <p>
        Order {orderNumber(order.id)} · placed <When at={order.placed_at} /> ·{' '}
        {shippingInWords(order.shipping_option)}
      </p>
      <table className={styles.lines}>
        <caption className="visually-hidden">What was ordered</caption>
        <thead>
          <tr>
            <th scope="col">Quantity</th>
            <th scope="col">Item</th>
            <th scope="col">Item no.</th>
          </tr>
        </thead>
        <tbody>
          {order.lines.map(({ sku, name, quantity, shipped }) => (
            <tr key={sku}>
              <td>
                {quantity}
                {shipped > 0 && shipped < quantity && ` (${shipped} sent before)`}
                {shipped === quantity && order.state === 'partially-shipped' && ' (sent before)'}
              </td>
              <th scope="row">{name}</th>
              <td>{sku}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  )
}
