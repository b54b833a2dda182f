// What was begun and can never be finished any more: its time is over, or there were too many wrong codes. Rendered by AddApp.tsx
// and SecondStepPage.tsx instead of their forms.
import { useEffect, useRef } from 'react'
import styles from '../Account.module.css'

export function Expired({ words, onAgain }: { words: string; onAgain: () => void }) {
  const said = useRef<HTMLParagraphElement>(null)
  useEffect(() => said.current?.focus(), [])
  return (
    <div className={styles.section}>
      <p ref={said} tabIndex={-1} className={styles.trouble}>
        {words}
      </p>
      <button type="button" className={`button ${styles.main}`} onClick={onAgain}>
        Start again
      </button>
    </div>
  )
}
