// A new key, shown this once. Rendered by KeysPage.tsx.
import { useEffect, useRef, useState } from 'react'
import type { CreatedApiKey } from './types'
import styles from './Account.module.css'

export function CreatedKey({ created, onDone }: { created: CreatedApiKey; onDone: () => void }) {
  const [said, setSaid] = useState('')
  const heading = useRef<HTMLHeadingElement>(null)
  const text = useRef<HTMLElement>(null)

  useEffect(() => heading.current?.focus(), [created.id])

  const copy = () =>
    navigator.clipboard.writeText(created.key).then(
      () => setSaid('Copied.'),
      () => {
        if (text.current !== null) window.getSelection()?.selectAllChildren(text.current)
        setSaid('Your browser does not allow it: the key is marked, copy it from there.')
      },
    )
  return (
    <section className={styles.key} aria-labelledby="created-key">
      <h2 id="created-key" ref={heading} tabIndex={-1}>
        {created.name}: copy this key now
      </h2>
      <p>It is shown this once. Nobody can read it again, neither you nor we.</p>
      <code ref={text}>{created.key}</code>
      <div className={styles.buttons}>
        <button type="button" className="button" onClick={() => void copy()}>
          Copy the key
        </button>
        <button type="button" className="text-button" onClick={onDone}>
          I have it, hide it
        </button>
        <span role="status" aria-label="Copying">
          {said}
        </span>
      </div>
    </section>
  )
}
