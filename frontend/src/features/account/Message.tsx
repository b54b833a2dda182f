// A page that only says something, with focus on what it says. Called by the pages of mail links.
import { useEffect, useRef, type ReactNode } from 'react'
import styles from './Account.module.css'

export function Message({ title, children }: { title: string; children: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => heading.current?.focus(), [])
  return (
    <div className={`page ${styles.door}`}>
      <title>{`${title} · Cartwright`}</title>
      <h1 ref={heading} tabIndex={-1}>
        {title}
      </h1>
      {children}
    </div>
  )
}
