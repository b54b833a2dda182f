// The card form of Stripe: its own fields in its own frame, around which this page puts a label and the button.
import { useEffect, useRef, useState, type ReactNode } from 'react'
import { Trouble } from '../../components/Trouble'
import { loadStripe, type Stripe, type StripeElement } from './stripe'
import styles from './CardForm.module.css'

interface StripeCardProps {
  publishableKey: string
  billing: { name?: string; email?: string }
  children: ReactNode
  isReady: boolean
  onMethod: (paymentMethod: string) => void
}

type Fields = { at: 'loading' } | { at: 'failed' } | { at: 'there'; stripe: Stripe; card: StripeElement }

export function StripeCard({ publishableKey, billing, children, isReady, onMethod }: StripeCardProps) {
  const place = useRef<HTMLDivElement>(null)
  const [fields, setFields] = useState<Fields>({ at: 'loading' })
  const [error, setError] = useState<string | null>(null)
  const [asking, setAsking] = useState(false)
  const [tries, setTries] = useState(0)

  useEffect(() => {
    let gone = false
    let card: StripeElement | null = null
    loadStripe(publishableKey).then(
      (stripe) => {
        if (gone || place.current === null) return
        card = stripe.elements().create('card', { style: styleOfPage(), hidePostalCode: true })
        card.mount(place.current)
        card.on('change', (change) => setError(change.error?.message ?? null))
        setFields({ at: 'there', stripe, card })
      },
      () => !gone && setFields({ at: 'failed' }),
    )
    return () => {
      gone = true
      card?.destroy()
    }
  }, [publishableKey, tries])

  const ask = async () => {
    if (fields.at !== 'there' || !isReady || asking) return
    setAsking(true)
    const { stripe, card } = fields
    const said = await stripe
      .createPaymentMethod({ type: 'card', card, billing_details: billing })
      .catch(() => ({ paymentMethod: undefined, error: undefined }))
    setAsking(false)
    if (said.paymentMethod !== undefined) return onMethod(said.paymentMethod.id)
    setError(
      said.error?.message ?? 'The payment service cannot be reached. Nothing was charged; please try again.',
    )
    card.focus()
  }

  if (fields.at === 'failed') {
    return (
      <Trouble
        title="The card form did not load"
        reason="Our payment service cannot be reached."
        onRetry={() => {
          setFields({ at: 'loading' })
          setTries(tries + 1)
        }}
      >
        Nothing was charged, and your cart and address are as you left them.
      </Trouble>
    )
  }
  return (
    <form
      noValidate
      aria-label="Card"
      aria-busy={fields.at === 'loading' || asking}
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault()
        void ask()
      }}
    >
      <p className={styles.label} id="card-label">
        Card
      </p>
      <div ref={place} className={styles.frame} role="group" aria-labelledby="card-label" />
      <div role="alert">{error !== null && <p className={styles.error}>{error}</p>}</div>
      {children}
    </form>
  )
}

/** The frame has no access to this page's styles: it is told the ones that are in force. */
function styleOfPage(): object {
  const page = getComputedStyle(document.documentElement)
  const token = (name: string) => page.getPropertyValue(name).trim()
  return {
    base: {
      color: token('--ink'),
      fontSize: '16px',
      fontFamily: 'system-ui, sans-serif',
      '::placeholder': { color: token('--ink-soft') },
      iconColor: token('--ink-soft'),
    },
    invalid: { color: token('--trouble'), iconColor: token('--trouble') },
  }
}
