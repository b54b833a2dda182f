// From an accepted quote to an order: details, delivery, and the total before anything is agreed to. What it costs was agreed
// on already; paying comes on the order's own page. Rendered by app/AcceptRoute.tsx, which hands in the request.
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Link, useNavigate, useSearchParams } from 'react-router'
import { settingsQuery } from '../../api/checkoutSettings'
import { inWords, ProblemError, type Problem, type Violation } from '../../api/problem'
import type { CheckoutRequest } from '../../api/types'
import { useCommand } from '../../api/useCommand'
import { formatMoney } from '../../components/money'
import { TermsNote } from '../../components/TermsNote'
import { Trouble } from '../../components/Trouble'
import { CheckoutSkeleton, Frame } from './CheckoutFrame'
import { isComplete, noContact, toContact, type ContactFields } from './contact'
import { DeliveryStep } from './DeliveryStep'
import { DetailsStep } from './DetailsStep'
import { accept, totalQuery, type Offer } from './quoteApi'
import { Recap } from './Recap'
import { filledIn, type Shopper } from './shopper'
import { Summary, SummarySkeleton } from './Summary'
import { whyUnpayable } from './words'
import styles from './Step.module.css'

interface QuoteCheckoutProps {
  offer: Offer
  shopper: Shopper
}

type Step = 'details' | 'delivery' | 'total'

const noViolations: Violation[] = []

export function QuoteCheckout({ offer, shopper }: QuoteCheckoutProps) {
  const [params] = useSearchParams()
  const navigate = useNavigate()
  const [typed, setTyped] = useState<ContactFields>(noContact)
  const [shippingOption, setShippingOption] = useState<string | null>(null)
  const [violations, setViolations] = useState(noViolations)
  const settings = useQuery(settingsQuery())
  const countries = settings.data?.countries ?? []
  const contact = filledIn(typed, shopper, countries)
  const { country } = contact
  const total = useQuery(
    totalQuery({ ...offer, country: country === '' ? (countries[0] ?? null) : country, shippingOption }),
  )
  const here = `/requests/${offer.request}/accept`
  const ordering = useCommand({
    send: (key, body: CheckoutRequest) => accept(key, offer, body),
    onDone: ({ link, version }) => void navigate(link, { replace: true, state: { version } }),
    inWords: (problem) => {
      void total.refetch()
      if (problem.slug === 'validation') {
        setViolations(problem.violations)
        void navigate(here)
      }
      return whyNotOrdered(problem)
    },
    unanswered: 'The shop did not answer. Press again when you are ready: it is the same order, once.',
  })

  if (total.error instanceof ProblemError && total.data === undefined) {
    return (
      <Frame>
        <div role="alert" className={styles.trouble}>
          <p>{whyNotOrdered(total.error.problem)}</p>
        </div>
        <p>
          <Link to={`/requests/${offer.request}`} className="button">
            Back to the quote
          </Link>
        </p>
      </Frame>
    )
  }
  if (settings.isError || (total.isError && total.data === undefined)) {
    return (
      <Frame>
        <Trouble
          title="The total did not load"
          onRetry={() => {
            void settings.refetch()
            void total.refetch()
          }}
        >
          Nothing was ordered, and your quote is as it was.
        </Trouble>
      </Frame>
    )
  }
  if (settings.isPending || shopper.kind === 'waiting') return <CheckoutSkeleton />

  const step = reached(params.get('step'), contact, shippingOption)
  const isUpdating = total.isPlaceholderData || total.isFetching
  const unpayable = total.data === undefined ? null : whyUnpayable(total.data)
  return (
    <Frame
      title={step === 'total' ? 'payment' : step}
      summary={
        total.data === undefined ? (
          <SummarySkeleton />
        ) : (
          <Summary quote={total.data} isUpdating={total.isPlaceholderData} hasCountry={country !== ''}>
            {null}
          </Summary>
        )
      }
    >
      {step === 'details' && (
        <DetailsStep
          contact={contact}
          shopper={shopper}
          countries={countries}
          violations={violations}
          onChange={setTyped}
          onDone={(now) => {
            setTyped(now)
            setViolations(noViolations)
            void navigate(`${here}?step=delivery`)
          }}
        />
      )}
      {step === 'delivery' && total.data !== undefined && (
        <DeliveryStep
          quote={total.data}
          chosen={shippingOption}
          action="Continue to the total"
          onChoose={setShippingOption}
          onDone={(option) => {
            setShippingOption(option)
            void navigate(`${here}?step=total`)
          }}
        />
      )}
      {step === 'total' && total.data !== undefined && (
        <form
          noValidate
          className={styles.step}
          onSubmit={(event) => {
            event.preventDefault()
            if (total.data === undefined || isUpdating || unpayable !== null) return
            const { shipping_option, totals } = total.data
            ordering.run({ contact: toContact(contact), country, shipping_option, total: totals.total })
          }}
        >
          <Recap quote={total.data} contact={contact} toDetails={here} toDelivery={`${here}?step=delivery`} />
          <div role="alert">
            {(unpayable ?? ordering.trouble) !== null && (
              <p className={styles.trouble}>{unpayable ?? ordering.trouble}</p>
            )}
          </div>
          <p>The order is placed at the quoted price. You pay on the next page.</p>
          <TermsNote />
          <button
            type="submit"
            className="button button-money"
            aria-disabled={isUpdating || unpayable !== null || ordering.isBusy}
          >
            {ordering.isBusy || isUpdating
              ? 'One moment'
              : `Order for ${formatMoney(total.data.totals.total)}`}
          </button>
        </form>
      )}
    </Frame>
  )
}

/** As far as was asked, and not farther than what was typed goes. */
function reached(asked: string | null, contact: ContactFields, option: string | null): Step {
  if (asked === null || asked === 'details' || !isComplete(contact)) return 'details'
  return asked === 'total' && option !== null ? 'total' : 'delivery'
}

function whyNotOrdered(problem: Problem): string {
  switch (problem.slug) {
    case 'total-changed':
      return 'The total changed in the moment you ordered, and nothing was ordered. Please look at it and order again.'
    case 'out-of-stock':
      return 'There are not enough of them at the moment, and nothing was ordered. We are told; ask on the request’s page when there will be.'
    case 'quote-expired':
      return 'The quote has expired, and nothing was ordered. Ask for a new one on the request’s page.'
    case 'quote-not-found':
      return 'There is another quote by now, or it was answered already. Nothing was ordered.'
    case 'request-names-no-product':
      return 'It is not in the catalogue yet, so it cannot be ordered. You are told as soon as it can.'
    case 'validation':
      return 'Something in your details is not as it has to be. Nothing was ordered.'
    default:
      return `Nothing was ordered. ${inWords(problem)}`
  }
}
