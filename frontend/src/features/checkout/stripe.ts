// Stripe.js, loaded from Stripe itself and only when a shopper pays in a shop that uses it: the card's number goes from its
// frame to Stripe and never through this page. Called by StripeCard.tsx. What the policy of the page allows for this is
// in infra/docker/nginx.conf.template.

export interface StripeElement {
  mount: (place: HTMLElement) => void
  destroy: () => void
  focus: () => void
  on: (
    event: 'change',
    listener: (change: { complete: boolean; error?: { message: string } }) => void,
  ) => void
}

export interface Stripe {
  elements: () => {
    create: (kind: 'card', options: { style: object; hidePostalCode: boolean }) => StripeElement
  }
  createPaymentMethod: (method: {
    type: 'card'
    card: StripeElement
    billing_details?: { name?: string; email?: string }
  }) => Promise<{ paymentMethod?: { id: string }; error?: { message?: string } }>
}

declare global {
  interface Window {
    Stripe?: (publishableKey: string) => Stripe
  }
}

const SCRIPT = 'https://js.stripe.com/v3/'

let loading: Promise<void> | null = null

export async function loadStripe(publishableKey: string): Promise<Stripe> {
  if (window.Stripe === undefined) {
    loading ??= loadScript().finally(() => {
      loading = null
    })
    await loading
  }
  if (window.Stripe === undefined) throw new Error('Stripe.js did not begin')
  return window.Stripe(publishableKey)
}

function loadScript(): Promise<void> {
  return new Promise((resolve, reject) => {
    const script = document.createElement('script')
    script.src = SCRIPT
    script.async = true
    script.onload = () => resolve()
    script.onerror = () => {
      script.remove()
      reject(new Error('Stripe.js did not load'))
    }
    document.head.append(script)
  })
}
