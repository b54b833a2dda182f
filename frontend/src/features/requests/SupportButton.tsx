// "I want this too": counted once for each account, in one tap. Rendered by lists of requests, by what is alike while somebody
// types, and by a request's page.
import { useEffect } from 'react'
import { Link, useLocation } from 'react-router'
import { useSession } from '../../api/session'
import type { ListedRequest } from '../../api/types'
import { isOpen, peopleInWords } from '../../components/request/words'
import { signInLink } from '../../components/signingIn'
import { support, withdrawSupport } from './api'
import { useToggle } from './useToggle'
import { keepWish, takeWish } from './wish'
import styles from './Requests.module.css'
import { formatNumber } from '../../components/locale'

interface SupportButtonProps {
  request: ListedRequest
  /** What it is called, for whoever does not see where the button stands. */
  name: string
}

export function SupportButton({ request, name }: SupportButtonProps) {
  const { id, version, supporters, you, state } = request
  const session = useSession()
  const { pathname, search } = useLocation()
  const hasAccount = (session?.account ?? null) !== null
  const supports = you?.supports === true
  const { isOn, isBusy, trouble, turn } = useToggle({
    id,
    version,
    isOn: supports,
    send: (key, on) => (on ? support(key, id) : withdrawSupport(key, id)),
  })
  const count = supporters + Number(isOn) - Number(supports)

  // A guest pressed it and had to sign in first.
  useEffect(() => {
    if (hasAccount && takeWish(`support ${id}`) && !supports) turn(true)
    // Once, when it is known who is there.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [hasAccount])

  return (
    <div className={styles.support}>
      <p className={styles.count}>
        <span className={styles.number}>{formatNumber(count)}</span>{' '}
        <span className={styles.people}>
          <span className="visually-hidden">{peopleInWords(count)} </span>
          {count === 1 ? 'wants this' : 'want this'}
        </span>
      </p>
      {isOpen(state) &&
        (hasAccount ? (
          <button
            type="button"
            className={`button ${styles.supportButton}`}
            aria-pressed={isOn}
            aria-disabled={isBusy}
            onClick={() => turn(!isOn)}
          >
            {isOn ? 'Supported' : 'Support this'}
            <span className="visually-hidden"> {name}</span>
          </button>
        ) : (
          <Link
            {...signInLink(`${pathname}${search}`, `support “${name}”`)}
            className={`button ${styles.supportButton}`}
            onClick={() => keepWish(`support ${id}`)}
          >
            Support this
            <span className="visually-hidden"> {name}. You need to sign in first.</span>
          </Link>
        ))}
      <div role="alert">{trouble !== null && <p className={styles.trouble}>{trouble}</p>}</div>
    </div>
  )
}
