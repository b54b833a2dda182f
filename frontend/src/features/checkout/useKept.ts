import { useCallback, useRef, useState } from 'react'
import { keep, kept, type Kept } from './kept'

/** What is kept of this checkout, and how to change it: at once for whoever asks, on the page, and over a reload. */
export function useKept(): [Kept, (next: (now: Kept) => Kept) => Kept] {
  const [held, setHeld] = useState(kept)
  const current = useRef(held)
  const change = useCallback((next: (now: Kept) => Kept) => {
    const after = next(current.current)
    if (after === current.current) return after
    current.current = after
    keep(after)
    setHeld(after)
    return after
  }, [])
  return [held, change]
}
