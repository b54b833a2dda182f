// Offering a price for many, once or again. Rendered by RequestPanel.tsx, anew for each quote.
import { useMemo, useState } from 'react'
import { asSentences, type Problem } from '../../../api/problem'
import type { CommandAnswer, RequestDocument } from '../../../api/types'
import { useCommand } from '../../../api/useCommand'
import { Confirm } from '../../../components/Confirm'
import { ErrorSummary } from '../../../components/form/ErrorSummary'
import { TextField } from '../../../components/form/TextField'
import { useForm, type Rule } from '../../../components/form/useForm'
import { formatNumber } from '../../../components/locale'
import { formatMoney, times } from '../../../components/money'
import { isOpen } from '../../../components/request/words'
import { When } from '../../../components/When'
import { amountOf, countOf } from '../words'
import { offerQuote, type Offered } from './api'
import { whyRefused } from './words'
import styles from './Triage.module.css'

const MOST = 100_000
const LONGEST_DAYS = 90
const USUAL_DAYS = 14

interface QuoteFormProps {
  request: RequestDocument
  onDone: (answer: CommandAnswer) => Promise<void>
}

export function QuoteForm({ request, onDone }: QuoteFormProps) {
  const { quote, renegotiation, order, state } = request
  return (
    <section aria-labelledby="panel-quote">
      <h2 id="panel-quote">Quote</h2>
      {quote !== null && (
        <p>
          Offered: {formatNumber(quote.quantity)} for {formatMoney(quote.unit_price)} each, until{' '}
          <When at={quote.expires_at} time />
        </p>
      )}
      {renegotiation !== null && <p className={styles.words}>The customer wrote: “{renegotiation}”</p>}
      {order !== null && (
        <p>
          It became <a href={`/staff/orders/${order}`}>an order</a>.
        </p>
      )}
      {isOpen(state) && <Offer request={request} onDone={onDone} />}
    </section>
  )
}

function Offer({ request: { id, quantity: asked, quote, sku }, onDone }: QuoteFormProps) {
  const currency = quote?.unit_price.currency ?? 'EUR'
  const rules = useMemo(
    (): Record<'unit_price' | 'quantity' | 'days', Rule> => ({
      unit_price: (value) => (amountOf(value, currency) === null ? 'A price such as 12.50.' : null),
      quantity: (value) =>
        (countOf(value) ?? MOST + 1) > MOST ? `A whole number from 1 to ${formatNumber(MOST)}.` : null,
      days: (value) =>
        (countOf(value) ?? LONGEST_DAYS + 1) > LONGEST_DAYS ? `From 1 to ${LONGEST_DAYS} days.` : null,
    }),
    [currency],
  )
  const form = useForm(
    { unit_price: '', quantity: String(quote?.quantity ?? asked ?? ''), days: String(USUAL_DAYS) },
    { rules },
  )
  const [wanted, setWanted] = useState<Offered | null>(null)
  const offering = useCommand({
    send: (key, offered: Offered) => offerQuote(key, id, offered),
    onDone: (answer) => {
      setWanted(null)
      void onDone(answer)
    },
    inWords: (problem: Problem) => {
      if (!form.refuse(asSentences(problem.violations))) return whyRefused(problem)
      setWanted(null)
      return null
    },
  })
  return (
    <>
      <form
        noValidate
        className={styles.form}
        onSubmit={form.onSubmit(({ unit_price, quantity, days }) => {
          const price = amountOf(unit_price, currency)
          const [count, time] = [countOf(quantity), countOf(days)]
          if (price !== null && count !== null && time !== null) {
            setWanted({ unit_price: price, quantity: count, days: time })
          }
        })}
      >
        {sku === null && (
          <p className={styles.notice}>
            It names no product yet. It can be quoted; ordering it takes a product, below.
          </p>
        )}
        <ErrorSummary faults={form.faults} tries={form.tries} />
        <div className={styles.fields}>
          <TextField
            {...form.field('unit_price')}
            label={`Each, in ${currency}`}
            inputMode="decimal"
            autoComplete="off"
          />
          <TextField {...form.field('quantity')} label="Quantity" inputMode="numeric" autoComplete="off" />
          <TextField {...form.field('days')} label="Good for days" inputMode="numeric" autoComplete="off" />
        </div>
        <button type="submit" className="button">
          {quote === null ? 'Offer it' : 'Offer another'}
        </button>
      </form>
      {wanted !== null && (
        <Confirm
          title={`Offer ${formatNumber(wanted.quantity)} for ${formatMoney(wanted.unit_price)} each?`}
          action="Offer it"
          instead="Not yet"
          isBusy={offering.isBusy}
          trouble={offering.trouble}
          onConfirm={() => offering.run(wanted)}
          onClose={() => {
            offering.forget()
            setWanted(null)
          }}
        >
          <p>
            {formatMoney(times(wanted.unit_price, wanted.quantity))} together, before shipping, for{' '}
            {wanted.days === 1 ? '1 day' : `${wanted.days} days`}. The customer is told, and may order at this
            price. A newer quote takes its place.
          </p>
        </Confirm>
      )}
    </>
  )
}
