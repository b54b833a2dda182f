// Pays with a card, by whichever gateway the shop has. What comes out is a token; the number stays where it was typed.
// Called by the payment step and, for an order that is there already, by PayOrder.tsx.
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { settingsQuery } from '../../api/checkoutSettings'
import { Trouble } from '../../components/Trouble'
import { SandboxCard } from './SandboxCard'
import { StripeCard } from './StripeCard'
import styles from './CardForm.module.css'

interface CardFormProps {
  /** Says what is paid: "Pay 84.50 €". */
  action: string
  /** Stands before the button; with it, nothing can be paid yet. */
  before?: ReactNode
  isReady: boolean
  billing?: { name?: string; email?: string }
  onMethod: (paymentMethod: string) => void
}

export function CardForm({ action, before = null, isReady, billing = {}, onMethod }: CardFormProps) {
  const { data: settings, isError, refetch } = useQuery(settingsQuery())
  if (settings === undefined) {
    return isError ? (
      <Trouble title="The card form did not load" onRetry={() => void refetch()}>
        Nothing was charged, and your cart and address are as you left them.
      </Trouble>
    ) : (
      <div className={styles.form} aria-busy="true">
        <div className={`skeleton ${styles.place}`} />
      </div>
    )
  }
  const button = (
    <>
      {before}
      <button type="submit" className={`button button-money ${styles.pay}`} aria-disabled={!isReady}>
        {action}
      </button>
    </>
  )
  if (settings.gateway === 'stripe') {
    return (
      <StripeCard
        publishableKey={settings.publishable_key ?? ''}
        billing={billing}
        isReady={isReady}
        onMethod={onMethod}
      >
        {button}
      </StripeCard>
    )
  }
  return <SandboxCard onMethod={onMethod}>{button}</SandboxCard>
}
