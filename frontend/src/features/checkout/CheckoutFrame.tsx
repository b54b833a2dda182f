// What is around the steps, and what stands there when there is no step to show.
import type { ReactNode } from 'react'
import { Link } from 'react-router'
import { Waiting } from '../../components/Waiting'
import { SummarySkeleton } from './Summary'
import type { Stage } from './usePlacing'
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
            <p>Put something into it, and come back here.</p>
            <Link to="/shop" className="button">
              Shop all
            </Link>
          </>
        )}
      </div>
    </Frame>
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
        <p className={styles.said}>You were signed out. Sign in to go on.</p>
        <p>{wasRefused && 'Nothing was charged. '}Your cart is kept with your account.</p>
        <Link to={`/sign-in?then=${encodeURIComponent(then)}`} className="button">
          Sign in
        </Link>
      </div>
    </Frame>
  )
}

export function Sending({ stage, isSlow }: { stage: Stage; isSlow: boolean }) {
  return (
    <div className={`page ${styles.sending}`}>
      <title>One moment · Cartwright</title>
      <Waiting
        title={stage === 'placing' ? 'We are sending your order' : 'We are checking your payment'}
        isSlow={isSlow}
      />
    </div>
  )
}
