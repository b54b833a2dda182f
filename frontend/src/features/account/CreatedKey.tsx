// A new key, shown this once. Rendered by KeysPage.tsx.
import { useEffect, useRef } from 'react'
import type { CreatedApiKey } from './types'
import { useCopy } from './useCopy'
import styles from './Account.module.css'

export function CreatedKey({ created, onDone }: { created: CreatedApiKey; onDone: () => void }) {
  const heading = useRef<HTMLHeadingElement>(null)
  const text = useRef<HTMLElement>(null)
  const { copy, said } = useCopy(
    text,
    'Your browser does not allow copying. The key is selected: copy it from there.',
  )

  useEffect(() => heading.current?.focus(), [created.id])

  return (
    <section className={styles.key} aria-labelledby="created-key">
      <h2 id="created-key" ref={heading} tabIndex={-1}>
        {created.name}: copy this key now
      </h2>
      <p>It is shown only once. Nobody can look it up later, not even us.</p>
      <code ref={text}>{created.key}</code>
      <div className={styles.buttons}>
        <button type="button" className="button" onClick={() => copy(created.key)}>
          Copy key
        </button>
        <button type="button" className="text-button" onClick={onDone}>
          Done, hide key
        </button>
        <span role="status" aria-label="Copying">
          {said}
        </span>
      </div>
    </section>
  )
}
