// What the account that is signed in may do on the pages of this folder. Provided by StaffShell.tsx.
import { createContext, use } from 'react'

export interface Access {
  /** The role analyst reads and changes nothing: then no form and no button of a command is shown. */
  canChange: boolean
  /** The shop refused: the account may not do this, or nobody is known by this session. */
  leave: (why: 'forbidden' | 'unknown') => void
}

export const AccessContext = createContext<Access | null>(null)

export function useAccess(): Access {
  const access = use(AccessContext)
  if (access === null) throw new Error('useAccess needs the StaffShell above it')
  return access
}
