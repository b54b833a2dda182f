// What was done in the last seconds, each with its way back; and what was not done, with the reason. Rendered by Deeds.tsx.
import { type Deed, UNDO_MS } from './deeds'
import { useDeeds } from './useDeeds'
import styles from './Deeds.module.css'

export function UndoBar() {
  const { list } = useDeeds()
  return (
    <>
      {list.length > 0 && <div className={styles.room} />}
      <section aria-label="Done just now" className={styles.bar}>
        <div role="status" className="visually-hidden">
          {list
            .filter(({ state }) => state === 'waiting')
            .map(({ said }) => `${said}. It can be undone for ${UNDO_MS / 1000} seconds.`)
            .join(' ')}
        </div>
        <ul>
          {list.map((deed) => (
            <Shown key={deed.key} deed={deed} />
          ))}
        </ul>
      </section>
    </>
  )
}

function Shown({ deed: { key, said, state, trouble } }: { deed: Deed }) {
  const { deeds } = useDeeds()
  const isTrouble = trouble !== null
  return (
    <li className={styles.deed} data-state={state}>
      <p role={isTrouble ? 'alert' : undefined}>
        {isTrouble ? `${said}: not done. ${trouble}` : said}
        {state === 'sending' && !isTrouble && ' …'}
      </p>
      {state === 'waiting' && (
        <button type="button" className="text-button" onClick={() => deeds?.undo(key)}>
          Undo<span className="visually-hidden">: {said}</span>
        </button>
      )}
      {state === 'unanswered' && (
        <button type="button" className="text-button" onClick={() => deeds?.retry(key)}>
          Try again<span className="visually-hidden">: {said}</span>
        </button>
      )}
      {state === 'refused' && (
        <button type="button" className="text-button" onClick={() => deeds?.dismiss(key)}>
          Dismiss<span className="visually-hidden">: {said}</span>
        </button>
      )}
      {state === 'waiting' && (
        <span className={styles.time} style={{ animationDuration: `${UNDO_MS}ms` }} aria-hidden="true" />
      )}
    </li>
  )
}
