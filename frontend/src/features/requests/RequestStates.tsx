import { Link, useLocation } from 'react-router'
import { useSession } from '../../api/session'
import { signInLink } from '../../components/signingIn'
import styles from './Requests.module.css'

export function RequestSkeleton() {
  return (
    <div className={`page ${styles.page}`} aria-busy="true">
      <title>Request · Cartwright</title>
      <div className={styles.story}>
        <p className="visually-hidden" role="status">
          Loading the request
        </p>
        <div className={`skeleton ${styles.placeOfHead}`} />
        <div className={`skeleton ${styles.placeOfText}`} />
      </div>
      <div className={`skeleton ${styles.placeOfSide}`} />
    </div>
  )
}

export function RequestNotFound() {
  const { pathname } = useLocation()
  const hasAccount = (useSession()?.account ?? null) !== null
  return (
    <div className={`page ${styles.alone}`}>
      <title>No such request · Cartwright</title>
      <h1>We couldn’t find this request.</h1>
      <p>
        The link may be mistyped, or the request is private: a quote can be seen only by the person who
        requested it.
      </p>
      <div className={styles.ways}>
        <Link to="/requests" className="button">
          See all requests
        </Link>
        {!hasAccount && (
          <Link {...signInLink(pathname, 'see your requests')} className={styles.way}>
            Sign in if it is yours
          </Link>
        )}
      </div>
    </div>
  )
}
