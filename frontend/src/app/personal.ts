// What was one person's in this tab goes when somebody else is there. Called once, by App.tsx.
import type { QueryClient } from '@tanstack/react-query'
import { forgetKeys } from '../api/orderKey'
import { onSessionChange } from '../api/session'

/** The first word of each question whose answer is for one person alone. */
const personal = ['account', 'checkout', 'inbox', 'orders', 'requests', 'staff']

export function keepPersonal(queryClient: QueryClient): () => void {
  return onSessionChange(({ before, now }) => {
    if (before === null || before.owner === now?.owner) return
    // Whoever opened an order by its link as a guest comes back to it after signing in.
    if (before.account !== null) forgetKeys()
    void queryClient.resetQueries({ predicate: ({ queryKey }) => personal.includes(String(queryKey[0])) })
    // What a guest typed in the checkout is still wanted after signing in; what a customer did is nobody else's.
    if (before.account !== null) forgetTab()
  })
}

/** All that this tab kept over a reload, whichever feature did: what was typed, what was sent, what is being paid. */
function forgetTab(): void {
  try {
    for (const place of Object.keys(sessionStorage))
      if (place.startsWith('cartwright.')) sessionStorage.removeItem(place)
  } catch {
    // There is nothing to forget.
  }
}
