// How this visitor reads numbers and dates. The shop speaks English to everybody; separators and the order of a date are by
// the languages of the browser. Called wherever a number, an amount or a moment is shown.
//
// Digits stay Latin and the calendar Gregorian, as in the text around them, in mails and in what is typed.

const FALLBACK = 'en-GB'

/** The first language that is one and that this browser can format; a list may be empty, or hold what is no language. */
export function localeOf(languages: readonly string[]): string {
  return languages.find(isSupported) ?? FALLBACK
}

function isSupported(language: string): boolean {
  try {
    return Intl.NumberFormat.supportedLocalesOf(language).length > 0
  } catch {
    return false
  }
}

let known: { languages: string; locale: string } | undefined

export function currentLocale(): string {
  const languages = navigator.languages ?? []
  const key = languages.join()
  if (known?.languages !== key) known = { languages: key, locale: localeOf(languages) }
  return known.locale
}

// To make a format takes longer than to use it a hundred times, and a catalogue shows hundreds of prices.
const numbers = new Map<string, Intl.NumberFormat>()
const moments = new Map<string, Intl.DateTimeFormat>()

export function formatNumber(number: number, decimals: { least?: number; most?: number } = {}): string {
  const { least = 0, most = Math.max(least, 3) } = decimals
  const locale = currentLocale()
  const key = `${locale} ${least} ${most}`
  let format = numbers.get(key)
  if (format === undefined) {
    format = new Intl.NumberFormat(locale, {
      numberingSystem: 'latn',
      minimumFractionDigits: least,
      maximumFractionDigits: most,
    })
    numbers.set(key, format)
  }
  return format.format(number)
}

/**
 * A day, or a moment of the current year with its time. In an English text a month is a word only for those who read English
 * dates: to others it is a number, in the order that they know.
 */
export function formatMoment(moment: Date, kind: 'day' | 'time'): string {
  const locale = currentLocale()
  const key = `${locale} ${kind}`
  let format = moments.get(key)
  if (format === undefined) {
    format = new Intl.DateTimeFormat(locale, {
      ...(isEnglish(locale) ? { day: 'numeric', month: 'long' } : { day: '2-digit', month: '2-digit' }),
      ...(kind === 'day' ? { year: 'numeric' } : { hour: '2-digit', minute: '2-digit' }),
      numberingSystem: 'latn',
      calendar: 'gregory',
    })
    moments.set(key, format)
  }
  return format.format(moment)
}

function isEnglish(locale: string): boolean {
  return /^en\b/i.test(locale)
}
