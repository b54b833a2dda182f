// Asking for something: what is missing, what is sold out, or a price for many. What is typed stays over a reload and over
// signing in.
import { useState } from 'react'
import { Link, useNavigate, useSearchParams } from 'react-router'
import { useSession } from '../../api/session'
import type { RequestKind } from '../../api/types'
import { signInLink } from '../../components/signingIn'
import { draftFor, forgetDraft, keepDraft, type Draft } from './draft'
import { RequestForm } from './RequestForm'
import styles from './RequestForm.module.css'

const choices: { value: RequestKind; name: string; what: string }[] = [
  {
    value: 'missing_product',
    name: 'Suggest a product',
    what: 'You would like to buy something that we don’t sell yet.',
  },
  {
    value: 'back_in_stock',
    name: 'Back-in-stock alert',
    what: 'We’ll tell you when a product is available again.',
  },
  {
    value: 'quote',
    name: 'Bulk quote',
    what: 'For a café or an office: we’ll make you an offer.',
  },
]

export function NewRequestPage() {
  const [params] = useSearchParams()
  const navigate = useNavigate()
  const session = useSession()
  const [draft, setDraft] = useState(() => draftFor(params))
  const isGuest = session !== null && session.account === null

  const change = (now: Draft) => {
    setDraft(now)
    keepDraft(now)
  }
  return (
    <div className={`page ${styles.layout}`}>
      <title>Make a request · Cartwright</title>
      <header className={styles.head}>
        <h1>Make a request</h1>
        <p>
          Or see <Link to="/requests">what others have requested</Link>, and support it.
        </p>
      </header>
      <fieldset className={styles.kinds}>
        <legend className="visually-hidden">Type of request</legend>
        {choices.map(({ value, name, what }) => (
          <label key={value} className={styles.kind}>
            <input
              type="radio"
              name="kind"
              value={value}
              checked={draft.kind === value}
              onChange={() => change({ ...draft, kind: value })}
            />
            <span className={styles.kindName}>{name}</span>
            <span className={styles.soft}>{what}</span>
          </label>
        ))}
      </fieldset>
      <RequestForm
        key={draft.kind}
        draft={draft}
        isGuest={isGuest}
        onChange={change}
        onSignIn={() => {
          keepDraft(draft)
          const { to, state } = signInLink('/requests/new', 'send your request')
          void navigate(to, { state })
        }}
        onDone={({ id, version }) => {
          forgetDraft()
          void navigate(`/requests/${id}`, { state: { version, justAsked: true } })
        }}
      />
    </div>
  )
}
