// What is around the steps, and what stands there when there is no step to show.
import type { ReactNode } from 'react'
import { Link } from 'react-router'
import { Waiting } from '../../components/Waiting'
import { SummarySkeleton } from './Summary'
import styles from './CheckoutFrame.module.css'

const titles: Record<string, string> = { details: 'Details', delivery: 'Delivery', payment: 'Payment' }

interface FrameProps {
  title?: string
  steps?: ReactNode
  summary?: ReactNode
  /** Kept as it is while something is sent, with everything that was typed. */
  isHidden?: boolean
  children: ReactNode
}

export function Frame({ title, steps, summary, isHidden = false, children }: FrameProps) {
  const name = title === undefined ? 'Checkout' : `${titles[title] ?? ''} · Checkout`
  return (
    <div className={`page ${styles.layout}`} hidden={isHidden}>
      {!isHidden && <title>{`${name} · Cartwright`}</title>}
      <header className={styles.header}>
        <h1>Checkout</h1>
        {steps}
      </header>
      {summary !== undefined && <div className={styles.summary}>{summary}</div>}
      <div className={styles.form}>{children}</div>
    </div>
  )
}

export function CheckoutSkeleton() {
  return (
    <Frame summary={<SummarySkeleton />}>
      <div aria-busy="true" className={styles.fields}>
        <p className="visually-hidden" role="status">
          Loading the checkout
        </p>
        {[1, 2, 3, 4, 5].map((place) => (
          <div key={place} className={`skeleton ${styles.placeOfField}`} />
        ))}
      </div>
    </Frame>
  )
}

export function Empty({ becameOrder }: { becameOrder: { order: string | null } | null }) {
  return (
    <Frame>
      <div className={styles.empty}>
        {becameOrder !== null ? (
          <>
            <p className={styles.said}>This cart is an order already.</p>
            <p>It was checked out, perhaps in another tab. Nothing was ordered twice.</p>
            <Link
              to={becameOrder.order === null ? '/orders' : `/orders/${becameOrder.order}`}
              className="button"
            >
              {becameOrder.order === null ? 'See your orders' : 'See the order'}
            </Link>
          </>
        ) : (
          <>
            <p className={styles.said}>Your cart is empty.</p>
            <p>Add something to it first.</p>
            <Link to="/shop" className="button">
              Shop all
            </Link>
          </>
        )}
      </div>
    </Frame>
  )
}

/** Stands on the step that was open, with everything filled in. What is kept is there again for the same account. */
export function SessionEnded({ at }: { at: 'details' | 'delivery' | 'payment' }) {
  return (
    <div role="alert" className={styles.ended}>
      <p>
        Your session ended.{' '}
        <Link to={`/sign-in?then=${encodeURIComponent(`/checkout/${at}`)}`}>
          {at === 'payment' ? 'Sign in and pay' : 'Sign in to continue'}
        </Link>
        .
      </p>
      <p>Nothing was charged. Your cart and your details are kept for you.</p>
    </div>
  )
}

interface SignedOutProps {
  /** The step to come back to: the cart is the account's, and is there again after signing in. */
  then: string
  /** Pay was pressed, and the shop took nothing. */
  wasRefused: boolean
}

export function SignedOut({ then, wasRefused }: SignedOutProps) {
  return (
    <Frame>
      <div className={styles.empty} role="status">
        <p className={styles.said}>You are signed out. Sign in to continue.</p>
        <p>{wasRefused && 'Nothing was charged. '}Your cart is kept with your account.</p>
        <Link to={`/sign-in?then=${encodeURIComponent(then)}`} className="button">
          Sign in
        </Link>
      </div>
    </Frame>
  )
}

/** From Pay until there is a result, however many questions that takes. */
export function Sending({ isFree, isSlow }: { isFree: boolean; isSlow: boolean }) {
  return (
    <div className={`page ${styles.sending}`}>
      <title>One moment · Cartwright</title>
      <Waiting
        title={isFree ? 'We are placing your order' : 'We are checking your payment'}
        isSlow={isSlow}
      />
    </div>
  )
}
