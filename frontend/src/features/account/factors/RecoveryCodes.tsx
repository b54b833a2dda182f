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
    'Your browser does not allow copying. The codes are selected: copy them from there.',
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
        Save these recovery codes now
      </h3>
      <KeepUntilTaken />
      <p>
        Each code works once, together with your password, if you don’t have your app or passkey. They are
        shown only once: print them, or save them where you keep your passwords.
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
          Copy codes
        </button>
        <button type="button" className="button" onClick={save}>
          Download codes
        </button>
        <button type="button" className="text-button" onClick={onDone}>
          Done, hide codes
        </button>
        <span role="status" aria-label="Copying">
          {said}
        </span>
      </div>
    </section>
  )
}
