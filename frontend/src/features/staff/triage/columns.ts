// The columns of the board, and where a request can go from each. Pure: the shop has the last word.
import type { RequestState } from '../../../api/types'

export type ColumnId = 'new' | 'triaged' | 'planned' | 'quoted' | 'ordered' | 'fulfilled' | 'declined'

/** Where staff can move a request. */
export type Move = 'triaged' | 'planned' | 'fulfilled' | 'declined'

interface Column {
  id: ColumnId
  name: string
  states: RequestState[]
}

export const columns: readonly Column[] = [
  { id: 'new', name: 'New', states: ['submitted'] },
  { id: 'triaged', name: 'Triaged', states: ['triaged'] },
  { id: 'planned', name: 'Planned', states: ['planned'] },
  { id: 'quoted', name: 'Quotes', states: ['quoted', 'renegotiating', 'quote_declined', 'quote_expired'] },
  { id: 'ordered', name: 'Ordered', states: ['accepted'] },
  { id: 'fulfilled', name: 'Fulfilled', states: ['fulfilled'] },
  { id: 'declined', name: 'Declined', states: ['declined'] },
]

export function movesFrom(state: RequestState): Move[] {
  switch (state) {
    case 'submitted':
      return ['triaged', 'planned', 'fulfilled', 'declined']
    case 'triaged':
      return ['planned', 'fulfilled', 'declined']
    case 'planned':
      return ['fulfilled', 'declined']
    case 'quoted':
    case 'renegotiating':
    case 'quote_declined':
    case 'quote_expired':
      return ['declined']
    case 'accepted':
      return ['fulfilled']
    case 'fulfilled':
    case 'declined':
    case 'duplicate':
    case 'cancelled':
      return []
  }
}

/** What a card that is let go over a column is to become; null where it cannot. */
export function moveInto(column: ColumnId, state: RequestState): Move | null {
  return movesFrom(state).find((move) => move === column) ?? null
}

export function columnOf(state: RequestState): ColumnId | null {
  return columns.find(({ states }) => states.includes(state))?.id ?? null
}

export function moveInWords(move: Move): string {
  switch (move) {
    case 'triaged':
      return 'Triaged'
    case 'planned':
      return 'Planned'
    case 'fulfilled':
      return 'Fulfilled'
    case 'declined':
      return 'Declined, with a reason'
  }
}

const DAY_MS = 86_400_000

/** How long it has been there. */
export function ageInWords(since: string, now: number): string {
  const days = Math.floor((now - Date.parse(since)) / DAY_MS)
  if (days < 1) return 'today'
  if (days === 1) return '1 day'
  if (days < 60) return `${days} days`
  return `${Math.floor(days / 30)} months`
}
