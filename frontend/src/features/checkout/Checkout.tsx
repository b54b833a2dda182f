// From a filled cart to an order: details, delivery, payment, each with an address of its own. Rendered by
// app/CheckoutRoute.tsx, which hands in the cart.
import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { Link, Navigate, useNavigate, useParams } from 'react-router'
import { settingsQuery } from '../../api/checkoutSettings'
import { ProblemError, type Problem } from '../../api/problem'
import { useSession } from '../../api/session'
import type { PlacedOrder } from '../../api/types'
import { rememberCountry } from '../../components/delivery/country'
import { Trouble } from '../../components/Trouble'
import { applyCode, quoteQuery, removeCode } from './api'
import { Changes } from './Changes'
import { CheckoutSkeleton, Empty, Frame, Sending, SessionEnded, SignedOut } from './CheckoutFrame'
import { CodeField } from './CodeField'
import { isComplete, toContact } from './contact'
import { DeliveryStep } from './DeliveryStep'
import { DetailsStep } from './DetailsStep'
import { agreedTo, differences, type Difference } from './differences'
import { forCart, isOfAnother, isUnderWay, nothingKept } from './kept'
import { PaymentStep } from './PaymentStep'
import { filledIn, type Shopper } from './shopper'
import { Summary, SummarySkeleton } from './Summary'
import { Steps, type Step } from './Steps'
import { useKept } from './useKept'
import { usePlacing } from './usePlacing'
import { useSessionEnd } from './useSessionEnd'
import { isAboutTheCart, usedByCustomer, whyNotPlaced } from './words'

export interface CheckoutProps {
  cart: {
    id: string | null
    version: number
    isLoaded: boolean
    /** Not loaded, and the shop does not say what is in it. */
    isUnreachable: boolean
    isEmpty: boolean
    /** It was checked out, here or in another tab. */
    becameOrder: { order: string | null } | null
    /** The server knows every change of it. */
    isSettled: boolean
  }
  shopper: Shopper
  /** Changes whenever something in the cart is sold differently. */
  stamp: string
  setQuantity: (sku: string, quantity: number) => void
  remove: (sku: string) => void
  /** The cart became an order. */
  placed: (cart: string, order: string) => void
}

export function Checkout({ cart, shopper, stamp, setQuantity, remove, placed }: CheckoutProps) {
  const { step: asked } = useParams()
  const navigate = useNavigate()
  const owner = useSession()?.owner ?? null
  const [kept, change] = useKept()
  const [left, show] = useSessionEnd(change)
  const isOthers = left === null && isOfAnother(kept, owner)
  const held = isOthers ? nothingKept : kept
  const settings = useQuery(settingsQuery())
  const isHere = useRef(true)

  useEffect(() => {
    isHere.current = true
    return () => {
      isHere.current = false
    }
  }, [])
  const countries = settings.data?.countries ?? []
  const contact = filledIn(held.contact, shopper, countries)
  const { country } = contact
  const quote = useQuery(
    quoteQuery({
      cart: cart.id,
      version: cart.version,
      country: country === '' ? (countries[0] ?? null) : country,
      shippingOption: held.shippingOption,
      stamp,
      isSettled: cart.isSettled && !cart.isEmpty,
    }),
  )
  const isSignedOut = useSignedOut(shopper) || (isOthers && shopper.kind === 'guest' && cart.isLoaded)
  useEffect(() => show({ quote: quote.data, contact }))
  useEffect(() => {
    if (cart.id === null || cart.isEmpty || left !== null) return
    change((now) => forCart(isOfAnother(now, owner) ? nothingKept : now, cart.id ?? ''))
  }, [cart.id, cart.isEmpty, left, owner, change])
  /** Without a cart, its quote would be asked for nonetheless. */
  const requote = () => {
    if (cart.id !== null) void quote.refetch()
  }
  const slug = quote.error instanceof ProblemError ? quote.error.problem.slug : ''

  // What was shown without a difference is what was agreed to.
  useEffect(() => {
    if (quote.data === undefined || quote.isPlaceholderData || country === '') return
    const now = quote.data
    change((before) => {
      if (differences(now, before.agreed, country).length > 0) return before
      const agreed = agreedTo(now, country)
      return JSON.stringify(agreed) === JSON.stringify(before.agreed) ? before : { ...before, agreed }
    })
  }, [quote.data, quote.isPlaceholderData, country, change])
  useEffect(() => rememberCountry(held.contact.country), [held.contact.country])
  useEffect(() => {
    if (slug === 'unknown-shipping-option') change((now) => ({ ...now, shippingOption: null }))
  }, [slug, change])

  const { refetch } = quote
  const isQuoted = quote.data !== undefined && !quote.isPlaceholderData && cart.isSettled
  const hasCode = quote.data?.code !== null
  useEffect(() => {
    if (held.code === null || cart.id === null || !isQuoted) return
    change((now) => ({ ...now, code: null }))
    // The cart that its order gave back has it already.
    if (!hasCode)
      void applyCode(cart.id, held.code).then(
        () => refetch(),
        () => {},
      )
  }, [held.code, cart.id, isQuoted, hasCode, refetch, change])

  const placing = usePlacing({
    held,
    change,
    onPlaced(order: PlacedOrder, of: string, paymentVersion: number) {
      if (isHere.current) {
        const state = { version: order.version, paymentVersion, justPaid: paymentVersion > 0 }
        void navigate(order.link, { replace: true, state })
      }
      placed(of, order.id)
    },
    onRefused(problem: Problem) {
      requote()
      if (problem.slug === 'validation') void navigate('/checkout/details')
      if (problem.slug === 'unknown-shipping-option') void navigate('/checkout/delivery')
    },
  })

  const problem = placing.notPlaced?.kind === 'refused' ? placing.notPlaced.problem : null
  const found =
    quote.data === undefined
      ? []
      : [...differences(quote.data, held.agreed, country), ...usedByCustomer(problem, quote.data)]

  // The answer was lost, and the cart is heard to be an order: then the same once more says which.
  const { notPlaced, again } = placing
  useEffect(() => {
    if (cart.becameOrder !== null && notPlaced?.kind === 'unanswered') again()
  }, [cart.becameOrder, notPlaced, again])

  const isUpdating = quote.isPlaceholderData || !cart.isSettled || (quote.isFetching && notPlaced !== null)

  const agree = (to: Difference[]) => {
    if (quote.data === undefined) return
    const seen = quote.data
    for (const difference of to) {
      if (difference.kind === 'gone') remove(difference.sku)
      if (difference.kind === 'short' && difference.available === 0) remove(difference.sku)
      if (difference.kind === 'short' && difference.available > 0) {
        setQuantity(difference.sku, difference.available)
      }
      if (difference.kind === 'code' && cart.id !== null) {
        void removeCode(cart.id).finally(requote)
      }
    }
    change((now) => ({ ...now, agreed: agreedTo(seen, country) }))
  }

  const isSending = placing.stage !== 'idle'
  const sending = isSending && <Sending isFree={held.placing?.method === null} isSlow={placing.isSlow} />
  const shown = left ?? quote.data
  if (isSending && (shown === undefined || (cart.isEmpty && left === null))) return sending
  const hasNothingLeft = cart.isLoaded && cart.isEmpty && left === null
  if (held.order !== null && (hasNothingLeft || isUnderWay(held)) && !isSending) {
    return <Navigate to={held.order.link} replace />
  }
  if (isSignedOut && cart.isEmpty && left === null) {
    return <SignedOut then={`/checkout/${asked ?? 'details'}`} wasRefused={notPlaced?.kind === 'refused'} />
  }
  if (slug === 'cart-checked-out' || hasNothingLeft) {
    const isOrder = slug === 'cart-checked-out' ? { order: null } : null
    return <Empty becameOrder={cart.becameOrder ?? isOrder} />
  }
  if (settings.isError || (left === null && (cart.isUnreachable || (quote.isError && shown === undefined)))) {
    return (
      <Frame>
        <Trouble
          title="The checkout did not load"
          onRetry={() => {
            void settings.refetch()
            requote()
          }}
        >
          Nothing was ordered, and your cart is as you left it.
        </Trouble>
      </Frame>
    )
  }

  if (settings.isPending || (left === null && (!cart.isLoaded || shopper.kind === 'waiting'))) {
    return <CheckoutSkeleton />
  }

  const reached: Step = !isComplete(contact)
    ? 'details'
    : held.shippingOption === null
      ? 'delivery'
      : 'payment'
  const step = reachable(asked, reached)
  if (step !== asked) return <Navigate to={`/checkout/${step}`} replace />

  const changes =
    left !== null ? (
      <SessionEnded at={step} />
    ) : found.length === 0 ? null : (
      <Changes differences={found} isBusy={isUpdating} onAgree={() => agree(found)} />
    )
  const whyNot = notPlaced === null || left !== null ? null : whyNotPlaced(notPlaced)
  return (
    <>
      {sending}
      <Frame
        title={step}
        isHidden={isSending}
        steps={<Steps at={step} reached={reached} />}
        summary={
          shown === undefined ? (
            <SummarySkeleton />
          ) : (
            <Summary quote={shown} isUpdating={isUpdating && left === null} hasCountry={country !== ''}>
              {cart.id !== null && left === null && (
                <>
                  <p>
                    <Link to="/cart">Change items</Link>
                  </p>
                  <CodeField cart={cart.id} code={shown.code} onChanged={requote} />
                </>
              )}
            </Summary>
          )
        }
      >
        {step !== 'payment' && changes}
        {step === 'details' && (
          <DetailsStep
            contact={contact}
            shopper={shopper}
            countries={countries}
            violations={problem?.violations ?? noViolations}
            onChange={(now) => change((before) => ({ ...before, contact: now }))}
            onDone={(now) => {
              change((before) => ({ ...before, contact: now }))
              void navigate('/checkout/delivery')
            }}
          />
        )}
        {step === 'delivery' && shown !== undefined && (
          <DeliveryStep
            quote={shown}
            chosen={held.shippingOption}
            onChoose={(option) => change((before) => ({ ...before, shippingOption: option }))}
            onDone={(option) => {
              change((before) => ({ ...before, shippingOption: option }))
              void navigate('/checkout/payment')
            }}
          />
        )}
        {step === 'payment' && shown !== undefined && (
          <PaymentStep
            quote={shown}
            isUpdating={isUpdating && left === null}
            contact={contact}
            changes={changes}
            trouble={problem !== null && isAboutTheCart(problem) && found.length > 0 ? null : whyNot}
            onPay={(method) => {
              if (quote.data === undefined || left !== null) return
              const { shipping_option, totals } = quote.data
              const request = { contact: toContact(contact), country, shipping_option, total: totals.total }
              placing.place(request, method)
            }}
          />
        )}
      </Frame>
    </>
  )
}

const noViolations: Problem['violations'] = []

/** Whether the account that this checkout began with, or met on its way, is not signed in any more. */
function useSignedOut({ kind }: Shopper): boolean {
  const [hadAccount, setHadAccount] = useState(kind === 'account')
  if (kind === 'account' && !hadAccount) setHadAccount(true)
  return hadAccount && kind === 'guest'
}

function reachable(asked: string | undefined, reached: Step): Step {
  const order: Step[] = ['details', 'delivery', 'payment']
  const wanted = order.find((step) => step === asked) ?? 'details'
  return order.indexOf(wanted) <= order.indexOf(reached) ? wanted : reached
}
