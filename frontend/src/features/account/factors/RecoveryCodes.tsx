// Recovery codes, shown this once. Rendered by SecondFactors.tsx.
import { useEffect, useRef } from 'react'
import { useCopy } from '../useCopy'
import { KeepUntilTaken } from './KeepUntilTaken'
import styles from '../Account.module.css'
import own from './Factors.module.css'

export function RecoveryCodes({ codes, onDone }: { codes: string[]; onDone: () => void }) {
  const heading = useRef<HTMLHeadingElement>(null)
  const list = useRef<HTMLUListElement>(null)
  const { copy, said, say } = useCopy(
    list,
    'Your browser does not allow it: the codes are marked, copy them from there.',
  )

  useEffect(() => heading.current?.focus(), [codes])

  const save = () => {
    const text = `Recovery codes for Cartwright. Each works once.\n\n${codes.join('\n')}\n`
    const link = document.createElement('a')
    link.href = URL.createObjectURL(new Blob([text], { type: 'text/plain' }))
    link.download = 'cartwright-recovery-codes.txt'
    link.click()
    URL.revokeObjectURL(link.href)
    say('Saved as cartwright-recovery-codes.txt.')
  }
  return (
    <section className={styles.key} aria-labelledby="recovery-codes">
      <h3 id="recovery-codes" ref={heading} tabIndex={-1}>
        Keep these recovery codes now
      </h3>
      <KeepUntilTaken />
      <p>
        Each signs you in once, with your password, when you have neither your app nor your passkey. They are
        shown this once: print them, or keep them where you keep your passwords.
      </p>
      <ul ref={list} className={own.codes} aria-label="Recovery codes">
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ul>
      <div className={styles.buttons}>
        <button type="button" className="button" onClick={() => copy(codes.join('\n'))}>
          Copy the codes
        </button>
        <button type="button" className="button" onClick={save}>
          Download the codes
        </button>
        <button type="button" className="text-button" onClick={onDone}>
          I have them, hide them
        </button>
        <span role="status" aria-label="Copying">
          {said}
        </span>
      </div>
    </section>
  )
}
