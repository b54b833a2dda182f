// What date fields say of days and moments that cannot be.
import { describe, expect, it } from 'vitest'
import { dayProblem, futureProblem, momentOf, rangeProblem, startOf } from './dates'

describe('a day', () => {
  it.each([
    ['', null],
    ['2026-11-30', null],
    ['2024-02-29', null],
    ['2026-02-29', 'There is no such day. Enter a date such as 30 November 2026.'],
    ['0026-11-30', 'There is no such day. Enter a date such as 30 November 2026.'],
    ['yesterday', 'There is no such day. Enter a date such as 30 November 2026.'],
    ['12026-11-30', 'A year has four digits, such as 2026.'],
  ])('%s: %s', (day, words) => expect(dayProblem(day)).toBe(words))

  it('begins in this time zone, and the one after it where the clock says so', () => {
    expect(startOf('2026-12-31')).toEqual(new Date(2026, 11, 31))
    expect(startOf('2026-12-31', 1)).toEqual(new Date(2027, 0, 1))
  })

  it('is not after the last one of a range', () => {
    expect(rangeProblem('2026-11-30', '2026-11-30')).toBeNull()
    expect(rangeProblem('2026-11-30', '')).toBeNull()
    expect(rangeProblem('2026-11-30', '2026-11-29')).toBe('The last day is before the first one.')
  })
})

describe('a moment', () => {
  const now = Date.parse('2026-11-30T12:00:00Z')
  it.each([
    ['', null],
    ['2026-12-31T23:59', null],
    ['2026-11-01T00:00', 'This moment has passed. Enter one in the future.'],
    ['12026-01-01T00:00', 'A year has four digits, such as 2026.'],
    ['2026-13-01T00:00', 'There is no such moment. Enter a date and a time.'],
  ])('%s: %s', (typed, words) => expect(futureProblem(typed, now)).toBe(words))

  it('is sent as a moment of the world', () => {
    expect(momentOf('2026-12-31T23:59')).toBe(new Date(2026, 11, 31, 23, 59).toISOString())
    expect(momentOf('12026-01-01T00:00')).toBeNull()
  })
})
