import { expect, it } from 'vitest'
import type { RequestState } from '../../../api/types'
import { ageInWords, columnOf, columns, moveInto, movesFrom } from './columns'

const states: RequestState[] = [
  ...(['submitted', 'triaged', 'planned', 'quoted', 'renegotiating', 'quote_declined'] as const),
  ...(['quote_expired', 'accepted', 'fulfilled', 'declined', 'duplicate', 'cancelled'] as const),
]

it('every state has one column at most, and what ended as another has none', () => {
  for (const state of states) {
    const found = columns.filter((column) => column.states.includes(state))
    expect(found.map(({ id }) => id)).toEqual([columnOf(state)].filter((id) => id !== null))
  }
  expect(columnOf('duplicate')).toBeNull()
  expect(columnOf('cancelled')).toBeNull()
})

it('dragging means the same as the menu, in every column', () => {
  for (const state of states) {
    const byPointer = columns.map(({ id }) => moveInto(id, state)).filter((move) => move !== null)
    expect(new Set(byPointer)).toEqual(new Set(movesFrom(state)))
  }
})

it('nothing moves to where it is, or back', () => {
  expect(moveInto('new', 'submitted')).toBeNull()
  expect(moveInto('triaged', 'planned')).toBeNull()
  expect(moveInto('quoted', 'submitted')).toBeNull()
})

it('an age is told in days, and after some weeks in months', () => {
  const now = Date.parse('2026-06-01T00:00:00Z')
  expect(ageInWords('2026-05-31T12:00:00Z', now)).toBe('today')
  expect(ageInWords('2026-05-30T12:00:00Z', now)).toBe('1 day')
  expect(ageInWords('2026-05-01T00:00:00Z', now)).toBe('31 days')
  expect(ageInWords('2026-01-01T00:00:00Z', now)).toBe('5 months')
})
