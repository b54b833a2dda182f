// Entries of the audit by day, each a sentence with links, and on demand every field before and after. Rendered by AuditPage.tsx.
import { useQueries } from '@tanstack/react-query'
import { Link, useSearchParams } from 'react-router'
import { useProducts } from '../../api/products'
import { useSession } from '../../api/session'
import type { AuditEntry } from '../../api/types'
import { currentLocale, formatMoment } from '../../components/locale'
import { titleQuery } from './api'
import { namedIn, numberOf, sentenceOf, type Named } from './auditSentences'
import { changesInWords, whoInWords } from './auditWords'
import { pagesOf } from './pages'
import styles from './Audit.module.css'

const dayOf = (at: string) => formatMoment(new Date(at), 'day')
const clockOf = (at: string) =>
  new Date(at).toLocaleTimeString(currentLocale(), {
    hour: '2-digit',
    minute: '2-digit',
    numberingSystem: 'latn',
  })

/** The most that the catalogue is asked for at once. */
const MOST_PRODUCTS = 100

export function AuditEntries({ entries }: { entries: AuditEntry[] }) {
  const nameOf = useNames(entries)
  const days = new Map<string, AuditEntry[]>()
  for (const entry of entries) {
    const on = dayOf(entry.at)
    days.set(on, [...(days.get(on) ?? []), entry])
  }
  return [...days].map(([on, done]) => (
    <section key={on} aria-label={on} className={styles.day}>
      <h2>{on}</h2>
      <ol className={styles.entries}>
        {done.map((entry) => (
          <Entry key={entry.position} entry={entry} nameOf={nameOf} />
        ))}
      </ol>
    </section>
  ))
}

interface EntryProps {
  entry: AuditEntry
  nameOf: (named: Named) => string
}

function Entry({ entry, nameOf }: EntryProps) {
  return (
    <li className={styles.entry}>
      <time dateTime={entry.at}>{clockOf(entry.at)}</time>
      <div>
        <p>
          <Person entry={entry} />{' '}
          {sentenceOf(entry).map((part, place) =>
            typeof part === 'string' ? part : <Subject key={place} named={part} name={nameOf(part)} />,
          )}
          .
        </p>
        <details>
          <summary>
            Before and after<span className="visually-hidden"> of {clockOf(entry.at)}</span>
          </summary>
          <Changes entry={entry} />
        </details>
      </div>
    </li>
  )
}

/** Leads to everything that they did, within the rest of what is asked for. */
function Person({ entry }: { entry: AuditEntry }) {
  const [params] = useSearchParams()
  const of = new URLSearchParams(params)
  of.set('by', entry.account ?? 'token')
  return (
    <Link to={`/staff/audit?${of}`} title={entry.email ?? undefined} className={styles.person}>
      {whoInWords(entry)}
    </Link>
  )
}

function Subject({ named, name }: { named: Named; name: string }) {
  const open = pagesOf(useSession()?.account?.roles ?? []).map(({ path }) => path)
  return (
    <Link to={placeOf(named, open)} className={styles.subject}>
      {name}
    </Link>
  )
}

/** The page of a thing that this account may open; of an order that it may not, what else was done to it. */
function placeOf({ kind, id }: Named, open: string[]): string {
  const isOpen = (path: string) => open.includes(path)
  switch (kind) {
    case 'order':
      return isOpen('/staff/orders') ? `/staff/orders/${id}` : `/staff/audit?subject=${id}`
    case 'product':
      return isOpen('/staff/stock') ? `/staff/stock?sku=${id}` : `/products/${id}`
    case 'request':
      return isOpen('/staff/requests') ? `/staff/requests/${id}` : `/requests/${id}`
    case 'code':
      return isOpen('/staff/codes') ? '/staff/codes' : `/staff/audit?subject=${id}`
  }
}

/** What the products and requests of a page are called. The catalogue and the board say it, to each account what it may read. */
function useNames(entries: AuditEntry[]): (named: Named) => string {
  const products = useProducts(namedIn(entries, 'product').slice(0, MOST_PRODUCTS))
  const requests = namedIn(entries, 'request')
  const titles = useQueries({ queries: requests.map((id) => titleQuery(id)) })
  return (named) => {
    if (named.kind === 'product') return products.get(named.id)?.name ?? named.id
    const title = named.kind === 'request' ? titles[requests.indexOf(named.id)]?.data : null
    return title == null ? numberOf(named) : `“${title}”`
  }
}

function Changes({ entry: { changes, payload } }: { entry: AuditEntry }) {
  if (changes === undefined || changes === null) return <p>Too much has happened there to look it up.</p>
  if (changes.length === 0) return <p>Nothing that is kept.</p>
  return (
    <ul className={styles.changes}>
      {changesInWords(changes, payload).map(({ field, before, after }) => (
        <li key={field}>
          <code>{field === '' ? 'all of it' : field}</code> {before} → {after}
        </li>
      ))}
    </ul>
  )
}
