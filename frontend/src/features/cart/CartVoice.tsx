// What the cart says beside itself: spoken changes, and messages about what could not be done. Rendered by app/Shell.tsx.
import { Link, useLocation } from 'react-router'
import { useSession } from '../../api/session'
import { useCart } from './CartContext'
import styles from './CartVoice.module.css'

export function CartVoice() {
  const { announcement, messages, dismiss } = useCart()
  const { pathname, search, hash } = useLocation()
  const isSignedIn = (useSession()?.account ?? null) !== null
  // The checkout says it itself, where it is pressed; and whoever is about to sign in knows.
  const isSaid = isSignedIn || /^\/(checkout\/|sign-in)/.test(pathname)
  const then = encodeURIComponent(`${pathname}${search}${hash}`)
  return (
    <>
      <p className="visually-hidden" role="status" aria-label="Cart">
        {announcement}
      </p>
      <div className={styles.messages} role="alert">
        {messages
          .filter(({ isAboutSession }) => !(isAboutSession && isSaid))
          .map(({ id, text, isAboutSession }) => (
            <div key={id} className={styles.message}>
              <p>
                {text} {isAboutSession && <Link to={`/sign-in?then=${then}`}>Sign in</Link>}
              </p>
              <button type="button" className="text-button" onClick={() => dismiss(id)}>
                Close
              </button>
            </div>
          ))}
      </div>
    </>
  )
}
