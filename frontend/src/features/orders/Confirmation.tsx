// What happens after an order is paid: where the confirmation was sent, when the parcel comes, how to get back here.
// Rendered by OrderHead.tsx.
import { useQuery } from '@tanstack/react-query'
import { contactQuery, type OrderLink } from './api'
import { CopyLink } from './CopyLink'
import styles from './OrderHead.module.css'

export function Confirmation({ link }: { link: OrderLink }) {
  // Only people who may see it are told the address.
  const contact = useQuery(contactQuery(link))
  return (
    <div className={styles.confirmation}>
      {contact.data !== undefined && (
        <p>
          We’ve e-mailed your confirmation to <strong>{contact.data.email}</strong>.
        </p>
      )}
      <CopyLink />
    </div>
  )
}
