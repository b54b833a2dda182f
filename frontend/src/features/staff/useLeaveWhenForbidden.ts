import { useEffect } from 'react'
import { useAccess } from './access'
import { refusal } from './api'

/** What was read so far is not shown to an account that is refused. */
export function useLeaveWhenForbidden(error: unknown): void {
  const { leave } = useAccess()
  const why = refusal(error)
  useEffect(() => {
    if (why !== null) leave(why)
  }, [why, leave])
}
