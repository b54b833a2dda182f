// To be told what becomes of a request, or not any more. Rendered by RequestPage.tsx.
import { useEffect } from 'react'
import { Link, useLocation } from 'react-router'
import { useSession } from '../../api/session'
import type { ListedRequest } from '../../api/types'
import { isOpen } from '../../components/request/words'
import { signInLink } from '../../components/signingIn'
import { follow, unfollow } from './api'
import { useToggle } from './useToggle'
import { keepWish, takeWish } from './wish'
import styles from './Requests.module.css'

export function FollowButton({ request }: { request: ListedRequest }) {
  const { id, version, you, state } = request
  const { pathname, search } = useLocation()
  const hasAccount = (useSession()?.account ?? null) !== null
  const follows = you?.follows === true
  const { isOn, isBusy, trouble, turn } = useToggle({
    id,
    version,
    isOn: follows,
    send: (key, on) => (on ? follow(key, id) : unfollow(key, id)),
  })

  // A guest pressed it and had to sign in first.
  useEffect(() => {
    if (hasAccount && takeWish(`follow ${id}`) && !follows) turn(true)
    // Once, when it is known who is there.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [hasAccount])

  if (!isOpen(state) && !isOn) return null
  return (
    <div className={styles.follow}>
      <p role="status" className={styles.soft}>
        {isOn
          ? 'You get updates in your inbox here, and by e-mail once your address is confirmed.'
          : 'Follow this request to get updates.'}
      </p>
      {hasAccount ? (
        <button type="button" className="text-button" aria-disabled={isBusy} onClick={() => turn(!isOn)}>
          {isOn ? 'Stop following' : 'Follow'}
        </button>
      ) : (
        <Link
          {...signInLink(`${pathname}${search}`, 'get updates on this request')}
          className={styles.way}
          onClick={() => keepWish(`follow ${id}`)}
        >
          Sign in to follow
        </Link>
      )}
      <div role="alert">{trouble !== null && <p className={styles.trouble}>{trouble}</p>}</div>
    </div>
  )
}
