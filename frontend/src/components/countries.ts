// Countries by their ISO 3166 codes, in words and in the order of those words.

const names = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'code' })

export function countryName(code: string): string {
  try {
    return names.of(code) ?? code
  } catch {
    return code
  }
}

/** Those whose names have an article in a sentence. */
const withArticle = ['GB', 'NL', 'US']

/** ` to the Netherlands`; nothing where no country is known. */
export function toCountry(code: string): string {
  if (code === '') return ''
  return ` to ${withArticle.includes(code) ? 'the ' : ''}${countryName(code)}`
}

export function countryOptions(codes: string[]): { value: string; label: string }[] {
  return codes
    .map((code) => ({ value: code, label: countryName(code) }))
    .sort((one, other) => one.label.localeCompare(other.label))
}

/** Where the shopper probably is, by the language of the browser. */
export function likelyCountry(codes: string[]): string {
  const [only] = codes
  if (codes.length === 1 && only !== undefined) return only
  for (const language of navigator.languages) {
    const region = regionOf(language)
    if (region !== undefined && codes.includes(region)) return region
  }
  return ''
}

/** Undefined also for what is no language: browsers hand on whatever they were set to. */
function regionOf(language: string): string | undefined {
  try {
    return new Intl.Locale(language).region
  } catch {
    return undefined
  }
}
