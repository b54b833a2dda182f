// How the audit says what the log says: `product.PriceChanged` is "Product: price changed".
import type { AuditEntry } from '../../api/types'

/** An event by its name in the log. */
export function deedInWords(event: string): string {
  const [kind = '', name = ''] = event.split('.')
  const subject = kind.replaceAll('-', ' ')
  const words = name.replace(/(?<!^)[A-Z]/g, ' $&').toLowerCase()
  // The event's name often begins with what it is about.
  const deed = words.startsWith(`${subject} `) ? words.slice(subject.length + 1) : words
  return `${subject.charAt(0).toUpperCase()}${subject.slice(1)}: ${deed}`
}

export function whoInWords({ email, account }: Pick<AuditEntry, 'email' | 'account'>): string {
  if (email) return email
  return account ? 'An account that is gone' : 'The staff token'
}

const LONGEST = 80

/** A value of a field. */
export function valueInWords(value: unknown): string {
  if (value === null || value === undefined) return 'nothing'
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  if (text === '') return 'nothing'
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text
}
