// Keeps the unanswered commands of this tab over a reload. Called by cartSync.ts.
import type { CartState, PendingCommand } from './cartState'

const PLACE = 'cartwright.unanswered'

export interface Kept {
  owner: string | null
  cartId: string | null
  /** The key under which the cart is opened, so that a repeated first add opens one cart. */
  openKey: string
  pending: PendingCommand[]
}

export function keep(owner: string | null, openKey: string, { cartId, pending }: CartState): void {
  const unanswered = pending.filter(({ delivery }) => delivery.at !== 'answered')
  const kept: Kept = { owner, cartId, openKey, pending: unanswered }
  try {
    sessionStorage.setItem(PLACE, JSON.stringify(kept))
  } catch {
    // A browser that stores nothing still has a working cart; only a reload would lose unanswered commands.
  }
}

export function kept(): Kept | null {
  try {
    const stored = sessionStorage.getItem(PLACE)
    if (stored === null) return null
    const { owner, cartId, openKey, pending } = JSON.parse(stored) as Kept
    return { owner, cartId, openKey, pending: pending.map(resumed) }
  } catch {
    return null
  }
}

/** What was on its way when the page went away may have arrived: it goes out again under the same key. */
function resumed(pending: PendingCommand): PendingCommand {
  const { delivery } = pending
  switch (delivery.at) {
    case 'sending':
    case 'unsure':
      return { ...pending, delivery: { at: 'unsure', readyAt: 0 } }
    case 'waiting':
      return { ...pending, delivery: { ...delivery, readyAt: 0 } }
    case 'answered':
      return pending
  }
}
