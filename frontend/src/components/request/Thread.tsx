// What people and the shop said about a request. Rendered by the request's page and by staff's panel.
import type { ReactNode } from 'react'
import type { RequestDocument } from '../../api/types'
import { When } from '../When'
import styles from './Request.module.css'

type Remark = RequestDocument['thread'][number]

interface ThreadProps {
  request: RequestDocument
  /** What stands where nobody said anything. */
  empty: string
  /** The form of whoever may say something. */
  children: ReactNode
}

export function Thread({ request: { thread, comments, you }, empty, children }: ThreadProps) {
  const count = Math.max(comments, thread.length)
  return (
    <section className={styles.thread} aria-labelledby="thread">
      <h2 id="thread">{count === 0 ? 'Comments' : `Comments (${count})`}</h2>
      {count > thread.length && <p className={styles.gone}>The newest {thread.length} are shown.</p>}
      {thread.length === 0 ? (
        <p className={styles.gone}>{empty}</p>
      ) : (
        <ul className={styles.comments}>
          {thread.map((remark) => (
            <li key={remark.id} className={styles.comment}>
              <p className={styles.by}>
                {author(remark, you?.customer === true)} <When at={remark.at} time />
              </p>
              {remark.text === null ? (
                <p className={styles.gone}>This comment was deleted with its author’s account.</p>
              ) : (
                <p className={styles.words}>{remark.text}</p>
              )}
            </li>
          ))}
        </ul>
      )}
      {children}
    </section>
  )
}

/** Nobody is named: who speaks for the shop, and whether it is whoever asked. */
function author({ by }: Remark, isMine: boolean): string {
  switch (by) {
    case 'staff':
      return 'The shop'
    case 'customer':
      return isMine ? 'You' : 'The person who asked'
    case 'shopper':
      return 'A shopper'
  }
}
