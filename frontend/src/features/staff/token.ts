// As whom staff ask: by the session of their account, or by the shop's own token, which is typed once, kept in this tab until
// it is closed, and sent with every request of this folder.
import { createContext, use } from 'react'

const PLACE = 'cartwright.staff-token'

export function keptToken(): string | null {
  try {
    return sessionStorage.getItem(PLACE)
  } catch {
    return null
  }
}

export function keepToken(token: string | null): void {
  try {
    if (token === null) sessionStorage.removeItem(PLACE)
    else sessionStorage.setItem(PLACE, token)
  } catch {
    // Then it has to be typed again after a reload.
  }
}

/** Null: the session says it, and its cookie goes along by itself. */
export type Token = string | null

export interface Staff {
  token: Token
  /** It is not accepted any more, or whoever typed the token is done. */
  leave: (why: 'done' | 'refused') => void
}

export const StaffContext = createContext<Staff | null>(null)

export function useStaff(): Staff {
  const staff = use(StaffContext)
  if (staff === null) throw new Error('useStaff needs the StaffShell above it')
  return staff
}
