import { Link } from 'react-router'
import styles from './OrderPage.module.css'

export function OrderSkeleton() {
  return (
    <div className={`page ${styles.layout}`} aria-busy="true">
      <title>Order · Cartwright</title>
      <div className={styles.status}>
        <p className="visually-hidden" role="status">
          Loading your order
        </p>
        <div className={`skeleton ${styles.placeOfHead}`} />
        <div className={`skeleton ${styles.placeOfTimeline}`} />
      </div>
      <div className={`skeleton ${styles.placeOfReceipt}`} />
    </div>
  )
}

export function OrderNotFound() {
  return (
    <div className={`page ${styles.alone}`}>
      <title>No such order · Cartwright</title>
      <h1>There is no such order here.</h1>
      <p>
        The link may be incomplete: it ends with a long key, which is part of it. Orders that you placed in
        this browser are in your list.
      </p>
      <Link to="/orders" className="button">
        See your orders
      </Link>
    </div>
  )
}
