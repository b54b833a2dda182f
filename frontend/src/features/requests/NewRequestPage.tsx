// Asking for something: what is missing, what is sold out, or a price for many. What is typed stays over a reload and over
// signing in.
import { useState } from 'react'
import { Link, useNavigate, useSearchParams } from 'react-router'
import { useSession } from '../../api/session'
import type { RequestKind } from '../../api/types'
import { useOnline } from '../../components/useOnline'
import { draftFor, forgetDraft, keepDraft, type Draft } from './draft'
import { RequestForm } from './RequestForm'
import styles from './RequestForm.module.css'

const choices: { value: RequestKind; name: string; what: string }[] = [
  {
    value: 'missing_product',
    name: 'Something is missing',
    what: 'You would buy it here, and we do not have it.',
  },
  { value: 'back_in_stock', name: 'Something is sold out', what: 'We tell you when it can be had again.' },
  {
    value: 'quote',
    name: 'A price for many',
    what: 'For a café or an office: we make an offer.',
  },
]

export function NewRequestPage() {
  const [params] = useSearchParams()
  const navigate = useNavigate()
  const online = useOnline()
  const session = useSession()
  const [draft, setDraft] = useState(() => draftFor(params))
  const isGuest = session !== null && session.account === null

  const change = (now: Draft) => {
    setDraft(now)
    keepDraft(now)
  }
  return (
    <div className={`page ${styles.layout}`}>
      <title>Ask for something · Cartwright</title>
      <header className={styles.head}>
        <h1>Ask for something</h1>
        <p>
          Or look at <Link to="/requests">what others ask for</Link>, and join them.
        </p>
      </header>
      {!online && (
        <p className={styles.notice} role="status">
          You are offline. What you type is kept here; send it when you are back.
        </p>
      )}
      <fieldset className={styles.kinds}>
        <legend className="visually-hidden">What it is about</legend>
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
          void navigate('/sign-in?then=%2Frequests%2Fnew')
        }}
        onDone={({ id, version }) => {
          forgetDraft()
          void navigate(`/requests/${id}`, { state: { version, justAsked: true } })
        }}
      />
    </div>
  )
}
