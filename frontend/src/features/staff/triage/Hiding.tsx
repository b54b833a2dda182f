// Taking a request out of everybody's sight, and back. Rendered by RequestPanel.tsx.
import type { CommandAnswer, RequestDocument } from '../../../api/types'
import { useCommand } from '../../../api/useCommand'
import { Act } from '../Act'
import { hide, restore } from './api'
import styles from './Triage.module.css'

interface HidingProps {
  request: RequestDocument
  onDone: (answer: CommandAnswer) => void
}

export function Hiding({ request: { id, hidden, kind }, onDone }: HidingProps) {
  const restoring = useCommand({ send: (key) => restore(key, id), onDone })
  // A quote is seen by nobody else anyway.
  if (kind === 'quote' && !hidden) return null
  return (
    <section aria-labelledby="panel-hide">
      <h2 id="panel-hide">Who sees it</h2>
      <p role="status">{hidden ? 'Only its customer and staff.' : 'Everybody.'}</p>
      {hidden ? (
        <button
          type="button"
          className="button"
          aria-disabled={restoring.isBusy}
          onClick={() => restoring.run(undefined)}
        >
          Show it to everybody again
        </button>
      ) : (
        <Act
          label="Hide it"
          title="Hide this request?"
          action="Hide it"
          send={(key) => hide(key, id)}
          onDone={onDone}
        >
          <p>Its customer still sees it, and is told. It can be shown again.</p>
        </Act>
      )}
      <div role="alert">
        {restoring.trouble !== null && <p className={styles.trouble}>{restoring.trouble}</p>}
      </div>
    </section>
  )
}
