// Whole numbers as people type them: digits of any common script, also the full-width ones that Japanese keyboards give.
// Pure. Called by useTypedNumber.ts.

/** Where the ten digits of a script begin: Arabic, Persian, Devanagari, Bengali, Thai. */
const ZEROS = ['\u0660', '\u06f0', '\u0966', '\u09e6', '\u0e50'].map((zero) => zero.codePointAt(0) ?? 0)

/** Null for everything that is not a whole number: nothing, words, decimals, `1e3`. */
export function wholeNumberOf(typed: string): number | null {
  const text = [...typed.normalize('NFKC').trim()].map(latin).join('').replace('\u2212', '-')
  return /^-?\d{1,9}$/.test(text) ? Number(text) : null
}

function latin(letter: string): string {
  const code = letter.codePointAt(0) ?? 0
  const zero = ZEROS.find((first) => code >= first && code < first + 10)
  return zero === undefined ? letter : String(code - zero)
}
