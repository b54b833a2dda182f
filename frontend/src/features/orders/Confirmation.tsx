// What happens after an order is paid: where the confirmation was sent, when the parcel comes, how to get back here.
// Rendered by OrderHead.tsx.
import { useQuery } from '@tanstack/react-query'
import { settingsQuery } from '../../api/checkoutSettings'
import type { OrderDocument } from '../../api/types'
import { contactQuery, type OrderLink } from './api'
import { CopyLink } from './CopyLink'
import styles from './OrderHead.module.css'

export function Confirmation({ link, order }: { link: OrderLink; order: OrderDocument }) {
  // Only people who may see it are told the address.
  const contact = useQuery(contactQuery(link))
  const settings = useQuery(settingsQuery())
  // What the delivery method promises; nothing where the shop does not have it any more.
  const delivery = settings.data?.shipping.find(({ id }) => id === order.shipping_option)
  return (
    <div className={styles.confirmation}>
      {contact.data !== undefined && (
        <p>
          We’ve e-mailed your confirmation to <strong>{contact.data.email}</strong>.
        </p>
      )}
      {delivery !== undefined && (
        <p>
          {delivery.name} delivery: {delivery.takes}.
        </p>
      )}
      <CopyLink />
    </div>
  )
}
