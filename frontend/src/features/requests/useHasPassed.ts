import { useEffect, useState } from 'react'

/** Far ahead, a browser's clock counts in days and not in milliseconds. */
const LONGEST_MS = 2 ** 31 - 1

/** Whether this moment has passed; it is told when it does. */
export function useHasPassed(moment: string | null): boolean {
  const at = moment === null ? Infinity : Date.parse(moment)
  const [seen, setSeen] = useState(() => Date.now())
  const hasPassed = at <= seen

  useEffect(() => {
    if (hasPassed || at === Infinity) return
    const timer = setTimeout(() => setSeen(Date.now()), Math.min(Math.max(0, at - Date.now()), LONGEST_MS))
    return () => clearTimeout(timer)
  }, [at, hasPassed, seen])
  return hasPassed
}
