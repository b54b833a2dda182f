// The session of the account ends while its checkout is open: what was filled in stays on the page, and is kept for the same
// account alone. Whoever signs out on purpose leaves nothing (app/personal.ts). Called by Checkout.tsx.
import { useCallback, useEffect, useRef, useState } from 'react'
import { onSessionChange } from '../../api/session'
import type { Quote } from '../../api/types'
import type { ContactFields } from './contact'
import { nothingKept, type Kept } from './kept'

interface OnThePage {
  quote: Quote | undefined
  /** What was typed, and what was filled in from the account. */
  contact: ContactFields
}

/**
 * The quote that was on the page when the session ended, null while it has not; and where to say what is on the page.
 */
export function useSessionEnd(
  change: (next: (now: Kept) => Kept) => Kept,
): [Quote | null, (now: OnThePage) => void] {
  const [left, setLeft] = useState<Quote | null>(null)
  const whose = useRef<string | null>(null)
  const shown = useRef<OnThePage | null>(null)
  const show = useCallback((now: OnThePage) => {
    shown.current = now
  }, [])
  useEffect(
    () =>
      onSessionChange(({ before, now, hasEnded }) => {
        const quote = shown.current?.quote
        if (hasEnded && before !== null && quote !== undefined) {
          const contact = shown.current?.contact
          change((held) => ({ ...held, contact: contact ?? held.contact, of: before.owner }))
          whose.current = before.owner
          setLeft(quote)
        } else if (whose.current !== null && now !== null && now.account !== null) {
          if (now.owner !== whose.current) change(() => nothingKept)
          whose.current = null
          setLeft(null)
        }
      }),
    [change],
  )
  return [left, show]
}
