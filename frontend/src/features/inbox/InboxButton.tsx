// The inbox in the header, with how much was not read. Loaded by app/Header.tsx for whoever is signed in.
import { Link, useLocation } from 'react-router'
import { useInbox } from './useInbox'
import { unreadInWords } from './words'
import styles from './InboxButton.module.css'

const MOST_SHOWN = 99

export default function InboxButton() {
  const { pathname } = useLocation()
  const unread = useInbox().data?.unread ?? 0
  return (
    <>
      <Link
        to="/account/inbox"
        className={styles.button}
        aria-current={pathname === '/account/inbox' ? 'page' : undefined}
      >
        <svg className={styles.bell} viewBox="0 0 24 24" aria-hidden="true">
          <path d="M5.5 17.5h13c-1.3-1.4-1.8-2.6-1.8-5.5 0-3.2-1.8-5.8-4.7-5.8S7.3 8.8 7.3 12c0 2.9-.5 4.1-1.8 5.5Z" />
          <path d="M10 20.3c.5.6 1.2.9 2 .9s1.5-.3 2-.9M12 3.8v2.3" />
        </svg>
        <span className="visually-hidden">Inbox, {unreadInWords(unread)}</span>
        {unread > 0 && (
          <span className={styles.badge} aria-hidden="true">
            {unread > MOST_SHOWN ? `${MOST_SHOWN}+` : unread}
          </span>
        )}
      </Link>
      <p className="visually-hidden" role="status" aria-label="Inbox">
        {unread > 0 ? `${unreadInWords(unread)} in your inbox.` : ''}
      </p>
    </>
  )
}
