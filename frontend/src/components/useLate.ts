// Whether something has been waited for longer than usual. Called by what says so.
import { useEffect, useState } from 'react'

/** Then people are told that it takes longer. */
export const LONG_MS = 5_000
/** Then they are offered a way out. A request is given up by then, too: see api/limits.ts. */
export const TOO_LONG_MS = 15_000

/** True while `isWaiting`, from `afterMs` on. */
export function useLate(isWaiting: boolean, afterMs: number): boolean {
  const [isLate, setLate] = useState(false)
  useEffect(() => {
    if (!isWaiting) return
    const timer = setTimeout(() => setLate(true), afterMs)
    return () => {
      clearTimeout(timer)
      setLate(false)
    }
  }, [isWaiting, afterMs])
  return isWaiting && isLate
}
