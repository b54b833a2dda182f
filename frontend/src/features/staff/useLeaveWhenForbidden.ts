import { useEffect } from 'react'
import { isForbidden } from './api'
import { useStaff } from './token'

/** A token that is not accepted any more has to be typed anew. */
export function useLeaveWhenForbidden(error: unknown): void {
  const { leave } = useStaff()
  const isRefused = isForbidden(error)
  useEffect(() => {
    if (isRefused) leave('refused')
  }, [isRefused, leave])
}
