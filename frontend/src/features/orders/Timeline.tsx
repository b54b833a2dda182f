import type { OrderDocument } from '../../api/types'
import { eventInWords } from '../../components/orderWords'
import { When } from '../../components/When'
import styles from './Timeline.module.css'

/** Of an order that a guest placed. */
const TAKEN_OVER = 'Became the order of an account'

/** What happened so far, the newest first. */
export function Timeline({ order: { timeline } }: { order: OrderDocument }) {
  const events = timeline.flatMap(({ what, at }, place) => {
    const words = what === 'OrderTakenOver' ? TAKEN_OVER : eventInWords(what)
    return words === null ? [] : [{ place, words, at }]
  })
  return (
    <section className={styles.timeline} aria-labelledby="timeline">
      <h2 id="timeline">What happened so far</h2>
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
