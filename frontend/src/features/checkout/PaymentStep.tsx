// A last look, and Pay. What changed meanwhile stands before the button and has to be agreed to.
import { useEffect, useRef, type ReactNode } from 'react'
import type { Quote } from '../../api/types'
import { formatMoney } from '../../components/money'
import { TermsNote } from '../../components/TermsNote'
import { CardForm } from './CardForm'
import type { ContactFields } from './contact'
import { Recap } from './Recap'
import { whyUnpayable } from './words'
import styles from './Step.module.css'

interface PaymentStepProps {
  quote: Quote
  isUpdating: boolean
  contact: ContactFields
  /** What has to be agreed to before anything is paid. */
  changes: ReactNode
  /** Why the last try did not place the order. */
  trouble: string | null
  /** The token of what is paid with; none where nothing has to be paid. */
  onPay: (paymentMethod: string | null) => void
}

export function PaymentStep({ quote, isUpdating, contact, changes, trouble, onPay }: PaymentStepProps) {
  const { total } = quote.totals
  const unpayable = whyUnpayable(quote)
  const mayPay = changes === null && unpayable === null
  const isReady = !isUpdating && mayPay
  // Prices and stock move, and then the total is asked for once more: whoever presses in that moment meant what stood there.
  const pressed = useRef<{ method: string | null; total: number } | null>(null)
  const press = (method: string | null) => {
    if (isReady) onPay(method)
    else if (mayPay) pressed.current = { method, total: total.minor }
  }
  useEffect(() => {
    const held = pressed.current
    if (held === null || isUpdating) return
    pressed.current = null
    if (mayPay && held.total === total.minor) onPay(held.method)
  }, [isUpdating, mayPay, total.minor, onPay])

  const before = (
    <>
      <div role="alert">
        {(unpayable ?? trouble) !== null && <p className={styles.trouble}>{unpayable ?? trouble}</p>}
      </div>
      {changes}
      <TermsNote />
    </>
  )
  return (
    <div className={styles.step}>
      <Recap quote={quote} contact={contact} toDetails="/checkout/details" toDelivery="/checkout/delivery" />
      <section className={styles.group} aria-labelledby="payment">
        <h2 id="payment" className={styles.legend}>
          Payment
        </h2>
        {total.minor === 0 ? (
          <form
            noValidate
            className={styles.group}
            onSubmit={(event) => {
              event.preventDefault()
              press(null)
            }}
          >
            <p>There is nothing to pay.</p>
            {before}
            <button type="submit" className="button button-money" aria-disabled={!isReady}>
              Place the order
            </button>
          </form>
        ) : (
          <CardForm
            action={isUpdating ? 'One moment, the total is updating' : `Pay ${formatMoney(total)}`}
            before={before}
            isReady={isReady}
            billing={{ name: contact.name, email: contact.email }}
            onMethod={press}
          />
        )}
      </section>
    </div>
  )
}
