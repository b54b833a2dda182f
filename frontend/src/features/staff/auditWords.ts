// How the audit says what the log says: `product.PriceChanged` is "Product: price changed". What has a sentence of its own is in
// auditSentences.ts.
import type { AuditEntry, Money } from '../../api/types'
import { formatMoney } from '../../components/money'

/** An event by its name in the log. */
export function deedInWords(event: string): string {
  const [kind = '', name = ''] = event.split('.')
  const subject = kind.replaceAll('-', ' ')
  const words = name.replace(/(?<!^)[A-Z]/g, ' $&').toLowerCase()
  // The event's name often begins with what it is about.
  const deed = words.startsWith(`${subject} `) ? words.slice(subject.length + 1) : words
  return `${subject.charAt(0).toUpperCase()}${subject.slice(1)}: ${deed}`
}

/** `grace@example.org` is Grace: accounts have no other name. */
export function whoInWords({ email, account }: Pick<AuditEntry, 'email' | 'account'>): string {
  const name = email?.split('@')[0] ?? ''
  if (name !== '') return `${name.charAt(0).toUpperCase()}${name.slice(1)}`
  return account == null ? 'The staff token' : 'An account that is gone'
}

/** A longer text is shown by its beginning; what consists of parts never is, or a price might be what is left out. */
const LONGEST = 80

type Change = NonNullable<AuditEntry['changes']>[number]

/** The fields that an event changed. An amount and its currency are fields of their own in the log, and one price here. */
export function changesInWords(
  changes: Change[],
  payload: unknown,
): { field: string; before: string; after: string }[] {
  return changes.flatMap(({ field, before, after }) => {
    const [price, part] = splitOff(field)
    const currency = changes.find((other) => other.field === `${price}.currency`)
    const minor = changes.find((other) => other.field === `${price}.minor`)
    if (part === 'currency' && minor !== undefined) return []
    if (part !== 'minor') return [{ field, before: valueInWords(before), after: valueInWords(after) }]
    // A currency that stayed the same is not among the changes, and the event itself says it.
    const same = currency === undefined ? currencyIn(payload) : null
    const was = moneyOf(before, currency?.before ?? same)
    const is = moneyOf(after, currency?.after ?? same)
    const isPrice = was !== null || is !== null
    return [
      {
        field: isPrice ? price : field,
        before: valueInWords(was ?? before),
        after: valueInWords(is ?? after),
      },
    ]
  })
}

/** A value of a field. */
export function valueInWords(value: unknown): string {
  if (value === null || value === undefined || value === '') return 'nothing'
  if (typeof value === 'string') return value.length > LONGEST ? `${value.slice(0, LONGEST - 1)}…` : value
  if (Array.isArray(value)) return value.length === 0 ? 'nothing' : value.map(valueInWords).join('; ')
  if (typeof value !== 'object') return JSON.stringify(value)
  if (isMoney(value)) return formatMoney(value)
  const parts = Object.entries(value)
  const [first] = parts
  if (first === undefined) return 'nothing'
  // A state with what belongs to it: its name comes first.
  const [name, inside] = first
  if (parts.length === 1 && /^[A-Z]/.test(name)) return `${name} (${valueInWords(inside)})`
  return parts.map(([part, of]) => `${part.replaceAll('_', ' ')} ${valueInWords(of)}`).join(', ')
}

function splitOff(field: string): [string, string] {
  const at = field.lastIndexOf('.')
  return [field.slice(0, Math.max(at, 0)), field.slice(at + 1)]
}

function isMoney(value: object): value is Money {
  return (
    Object.keys(value).length === 2 &&
    'minor' in value &&
    'currency' in value &&
    moneyOf(value.minor, value.currency) !== null
  )
}

function moneyOf(minor: unknown, currency: unknown): Money | null {
  return typeof minor === 'number' && typeof currency === 'string' && /^[A-Z]{3}$/.test(currency)
    ? { minor, currency }
    : null
}

/** An event is about amounts of one currency. */
function currencyIn(payload: unknown): string | null {
  if (typeof payload !== 'object' || payload === null) return null
  if (isMoney(payload)) return payload.currency
  for (const inside of Object.values(payload)) {
    const found = currencyIn(inside)
    if (found !== null) return found
  }
  return null
}
