// A quote as its customer sees it: the price, until when it is good, and what can be answered. Rendered by RequestPage.tsx.
import { useState } from 'react'
import { Link } from 'react-router'
import type { RequestDocument, RequestQuote } from '../../api/types'
import { AskedButton } from '../../components/AskedButton'
import { formatNumber } from '../../components/locale'
import { times } from '../../components/money'
import { Price } from '../../components/Price'
import { WordsForm } from '../../components/request/WordsForm'
import { When } from '../../components/When'
import { declineQuote, renegotiate } from './api'
import { useHasPassed } from './useHasPassed'
import { useShow } from './useShow'
import { whyRefused } from './words'
import styles from './Requests.module.css'

export function QuoteOffer({ request }: { request: RequestDocument }) {
  const { state, quote, renegotiation, order, quantity } = request
  const hasPassed = useHasPassed(quote?.expires_at ?? null)
  const isOver = state === 'quote_expired' || (state === 'quoted' && hasPassed)
  return (
    <section className={styles.quote} aria-labelledby="quote">
      <h2 id="quote">{titleOf(request, isOver)}</h2>
      {quote === null ? (
        <p>
          Quantity: {formatNumber(quantity ?? 1)}. We’ll post our offer here, and tell you in your inbox and
          by e-mail once your address is confirmed.
        </p>
      ) : (
        <Terms quote={quote} isOver={isOver} />
      )}
      {state === 'renegotiating' && renegotiation !== null && (
        <p className={styles.words}>You wrote: “{renegotiation}”</p>
      )}
      {state === 'quoted' && !isOver && quote !== null && <Answers request={request} quote={quote} />}
      {(isOver || state === 'quote_declined') && (
        <p>
          <Link to={againFrom(request)} className="button">
            Request a new quote
          </Link>
        </p>
      )}
      {order !== null && (
        <p>
          <Link to={`/orders/${order}`} className="button">
            View order
          </Link>
        </p>
      )}
    </section>
  )
}

function titleOf({ state }: RequestDocument, isOver: boolean): string {
  if (isOver) return 'This quote has expired'
  switch (state) {
    case 'quoted':
      return 'Our offer'
    case 'renegotiating':
      return 'You requested a new quote'
    case 'quote_declined':
      return 'You declined this quote'
    case 'accepted':
    case 'fulfilled':
      return 'You ordered at this price'
    default:
      return 'Your quote'
  }
}

function Terms({ quote, isOver }: { quote: RequestQuote; isOver: boolean }) {
  const { unit_price, quantity, expires_at } = quote
  return (
    <dl className={styles.terms}>
      <div>
        <dt>Price each</dt>
        <dd>
          <Price money={unit_price} />
        </dd>
      </div>
      <div>
        <dt>Quantity</dt>
        <dd>{formatNumber(quantity)}</dd>
      </div>
      <div>
        <dt>Total before shipping</dt>
        <dd>
          <Price money={times(unit_price, quantity)} />
        </dd>
      </div>
      <div>
        <dt>{isOver ? 'Was valid until' : 'Valid until'}</dt>
        <dd>
          <When at={expires_at} time />
        </dd>
      </div>
    </dl>
  )
}

function Answers({ request, quote }: { request: RequestDocument; quote: RequestQuote }) {
  const { id, sku } = request
  const show = useShow()
  const [isAsking, setAsking] = useState(false)
  const done = ({ version }: { version: number }) => {
    setAsking(false)
    void show(id, version)
  }
  // Staff see it as well, and it is not theirs to answer.
  if (request.you?.customer !== true) return null
  return (
    <div className={styles.answers}>
      {sku === null ? (
        <p className={styles.notice}>
          You can order as soon as we add the product to the catalogue. We’ll tell you here; the price stays
          the same.
        </p>
      ) : (
        <Link to={`/requests/${id}/accept`} className="button button-money">
          Accept and order
        </Link>
      )}
      {isAsking ? (
        <WordsForm
          label="What should be different?"
          hint="Another quantity, price or date: we’ll answer with a new quote."
          missing="Enter what should be different."
          action="Request a new quote"
          send={(key, text) => renegotiate(key, id, quote.id, text)}
          onDone={done}
          why={whyRefused}
        >
          <button type="button" className="text-button" onClick={() => setAsking(false)}>
            Cancel
          </button>
        </WordsForm>
      ) : (
        <div className={styles.ways}>
          <button type="button" className="text-button" onClick={() => setAsking(true)}>
            Request a new quote
          </button>
          <AskedButton
            label="Decline quote"
            title="Decline this quote?"
            action="Decline quote"
            instead="Keep quote"
            send={(key) => declineQuote(key, id, quote.id)}
            onDone={done}
            inWords={whyRefused}
          >
            <p>Nothing will be ordered. You can request a new quote at any time.</p>
          </AskedButton>
        </div>
      )}
    </div>
  )
}

/** The form, filled in with the same once more. */
function againFrom({ sku, title, quantity, quote }: RequestDocument): string {
  const params = new URLSearchParams({ kind: 'quote', quantity: String(quote?.quantity ?? quantity ?? '') })
  if (sku !== null) params.set('sku', sku)
  else if (title !== null) params.set('title', title)
  return `/requests/new?${params}`
}
