// What is bought and what it comes to: on top on a phone, folded; beside the form, always open, on anything wider.
import { useId, useState, type ReactNode } from 'react'
import type { Quote } from '../../api/types'
import { Price } from '../../components/Price'
import { ThingList } from '../../components/ThingList'
import { Totals } from '../../components/Totals'
import { whyUnpayable } from './words'
import styles from './Summary.module.css'

interface SummaryProps {
  quote: Quote
  isUpdating: boolean
  /** What depends on the country is not known before there is one. */
  hasCountry: boolean
  /** The discount code's field. */
  children: ReactNode
}

export function Summary({ quote, isUpdating, hasCountry, children }: SummaryProps) {
  const [isOpen, setOpen] = useState(false)
  const inside = useId()
  const whyNot = whyUnpayable(quote)
  const items = quote.lines.reduce((sum, { quantity }) => sum + quantity, 0)
  return (
    <aside className={styles.summary} aria-label="Your order">
      <button
        type="button"
        className={styles.fold}
        aria-expanded={isOpen}
        aria-controls={inside}
        onClick={() => setOpen(!isOpen)}
      >
        <span>
          {isOpen ? 'Hide' : 'Show'} {items === 1 ? '1 item' : `${items} items`}
        </span>
        <span className={styles.sum} data-updating={isUpdating}>
          <Price money={hasCountry ? quote.totals.total : quote.totals.subtotal} />
        </span>
      </button>
      <div id={inside} className={styles.inside} data-open={isOpen}>
        <h2 className={styles.title}>Your order</h2>
        <ThingList things={quote.lines} />
        {children}
        <Totals
          totals={quote.totals}
          code={quote.code?.code ?? null}
          isUpdating={isUpdating}
          until={hasCountry ? undefined : 'after you choose a country'}
        />
        {hasCountry && whyNot !== null && <p className={styles.unpayable}>{whyNot}</p>}
      </div>
    </aside>
  )
}

export function SummarySkeleton() {
  return (
    <aside className={styles.summary} aria-label="Your order" aria-busy="true">
      <div className={`skeleton ${styles.placeOfFold}`} />
      <div className={styles.inside}>
        <div className={`skeleton ${styles.placeOfThing}`} />
        <div className={`skeleton ${styles.placeOfThing}`} />
        <div className={`skeleton ${styles.placeOfTotals}`} />
      </div>
    </aside>
  )
}
