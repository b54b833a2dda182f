// Days and moments as the browser's date fields have them, in the time zone of the browser, and what is wrong with one that cannot be.

const FOUR_DIGITS = 'A year has four digits, such as 2026.'
const NO_SUCH_DAY = 'There is no such day. Enter a date such as 30 November 2026.'

/** The year of a field's value; null where it is none. `12026-01-01` is what a browser makes of a digit too many. */
function yearOf(typed: string): string | null {
  return /^(\d{4,6})-\d\d-\d\d/.exec(typed)?.[1] ?? null
}

/** A date field says nothing at all while only a part of it is filled in: the browser alone knows that. */
export function isHalfTyped(name: string): boolean {
  const field = document.querySelector<HTMLInputElement>(`input[name="${name}"]`)
  return field?.validity.badInput ?? false
}

/** The beginning of a day, or of the one after it; null where there is no such day. */
export function startOf(day: string, daysLater = 0): Date | null {
  const parts = /^(\d{4})-(\d\d)-(\d\d)$/.exec(day)
  if (parts === null) return null
  const [year, month, date] = [Number(parts[1]), Number(parts[2]), Number(parts[3])]
  // Years below 100 would be taken for those of the last century.
  if (year < 1000) return null
  const start = new Date(year, month - 1, date)
  if (start.getMonth() !== month - 1 || start.getDate() !== date) return null
  return daysLater === 0 ? start : new Date(year, month - 1, date + daysLater)
}

/** What is wrong with a day; null where nothing is. Nothing typed is right. */
export function dayProblem(day: string): string | null {
  if (day === '' || startOf(day) !== null) return null
  return (yearOf(day)?.length ?? 4) > 4 ? FOUR_DIGITS : NO_SUCH_DAY
}

/** What is wrong with two days, of which the first may not be later than the last. */
export function rangeProblem(first: string, last: string): string | null {
  const [from, to] = [startOf(first), startOf(last)]
  return from !== null && to !== null && from > to ? 'The last day is before the first one.' : null
}

/** As a command takes it; null where it is no moment, or one that cannot be written down. */
export function momentOf(typed: string): string | null {
  const moment = new Date(typed)
  const isMoment = yearOf(typed)?.length === 4 && !Number.isNaN(moment.getTime())
  return isMoment && moment.getUTCFullYear() <= 9999 ? moment.toISOString() : null
}

/** What is wrong with a moment that is to come; null where nothing is. Nothing typed is right. */
export function futureProblem(typed: string, now: number): string | null {
  if (typed === '') return null
  if ((yearOf(typed)?.length ?? 4) > 4) return FOUR_DIGITS
  const moment = momentOf(typed)
  if (moment === null) return 'There is no such moment. Enter a date and a time.'
  return Date.parse(moment) > now ? null : 'This moment has passed. Enter one in the future.'
}
