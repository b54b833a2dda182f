import type { RequestDocument } from '../../api/types'
import { When } from '../When'
import { requestEventInWords } from './words'
import styles from './Request.module.css'

/** What happened to a request so far, the newest first. */
export function RequestTimeline({ request: { timeline } }: { request: RequestDocument }) {
  const events = timeline.flatMap(({ what, at }, place) => {
    const words = requestEventInWords(what)
    return words === null ? [] : [{ place, words, at }]
  })
  return (
    <section className={styles.timeline} aria-labelledby="timeline">
      <h2 id="timeline">History</h2>
      <ol>
        {events.reverse().map(({ place, words, at }) => (
          <li key={place}>
            <span>{words}</span>
            <When at={at} time />
          </li>
        ))}
      </ol>
    </section>
  )
}
