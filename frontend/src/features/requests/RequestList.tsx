// Requests one below the other, with what they are called and how far they are. Rendered by the list of all and by one's own.
import { Link } from 'react-router'
import { useProducts } from '../../api/products'
import type { ListedRequest } from '../../api/types'
import { kindInWords, requestName, requestStateInWords } from '../../components/request/words'
import { When } from '../../components/When'
import { SupportButton } from './SupportButton'
import styles from './Requests.module.css'

interface RequestListProps {
  label: string
  requests: ListedRequest[]
  /** One's own need no button. */
  canSupport?: boolean
}

export function RequestList({ label, requests, canSupport = true }: RequestListProps) {
  const products = useProducts(skusOf(requests))
  return (
    <ul className={styles.list} aria-label={label}>
      {requests.map((request) => {
        const name = requestName(request, products.get(request.sku ?? '')?.name)
        return (
          <li key={request.id} className={styles.row}>
            <div className={styles.rowText}>
              <p className={styles.rowName}>
                <Link to={`/requests/${request.id}`}>{name}</Link>
              </p>
              <p className={styles.soft}>
                {kindInWords(request.kind)} · {requestStateInWords(request.state)}
                {request.comments > 0 &&
                  ` · ${request.comments === 1 ? '1 comment' : `${request.comments} comments`}`}
                {' · '}
                <When at={request.created_at} />
              </p>
              {request.hidden && <p className={styles.mark}>Hidden: only you and the shop see it</p>}
              {!canSupport && <p className={styles.soft}>{standing(request)}</p>}
            </div>
            {canSupport && <SupportButton request={request} name={name} />}
          </li>
        )
      })}
    </ul>
  )
}

export function RequestListSkeleton({ label, places = 4 }: { label: string; places?: number }) {
  return (
    <div aria-busy="true">
      <p className="visually-hidden" role="status">
        {label}
      </p>
      {Array.from({ length: places }, (_, place) => (
        <div key={place} className={styles.row}>
          <div className={`skeleton ${styles.placeOfRow}`} />
        </div>
      ))}
    </div>
  )
}

/** The lists ask for at most a hundred names at once. */
function skusOf(requests: ListedRequest[]): string[] {
  return [
    ...new Set(requests.flatMap(({ sku, title }) => (sku === null || title !== null ? [] : [sku]))),
  ].slice(0, 100)
}

/** What the account has to do with it. */
function standing({ you }: ListedRequest): string {
  const parts = [
    you?.customer === true ? 'you requested it' : you?.supports === true ? 'you support it' : null,
    you?.follows === true ? 'you get updates' : 'you get no updates',
  ].filter((part) => part !== null)
  const said = parts.join(', ')
  return `${said.charAt(0).toLocaleUpperCase()}${said.slice(1)}.`
}
