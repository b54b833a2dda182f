// Who sells, with everything that the law wants to be said. Rendered in receipts, in the imprint and on other such pages.
import { useQuery } from '@tanstack/react-query'
import { sellerQuery } from './seller'
import styles from './SellerAddress.module.css'

export function SellerAddress() {
  const { data: seller, isError, refetch } = useQuery(sellerQuery())
  if (seller === undefined) {
    return isError ? (
      <p role="alert">
        The seller’s address cannot be shown at the moment.{' '}
        <button type="button" className="text-button" onClick={() => void refetch()}>
          Try again
        </button>
      </p>
    ) : (
      <span className={`skeleton ${styles.place}`} aria-hidden="true" />
    )
  }
  const { name, address, email, phone, vat_id } = seller
  return (
    <address className={styles.address}>
      {[name, ...address].map((line, place) => (
        <span key={place}>{line}</span>
      ))}
      <a href={`mailto:${email}`}>{email}</a>
      <a href={`tel:${phone.replaceAll(/[^+\d]/g, '')}`}>{phone}</a>
      {vat_id !== null && <span>VAT ID {vat_id}</span>}
    </address>
  )
}
