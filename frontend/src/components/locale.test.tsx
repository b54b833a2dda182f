import { render } from '@testing-library/react'
import { expect, test, vi } from 'vitest'
import { likelyCountry } from './countries'
import { formatNumber, localeOf } from './locale'
import { formatMoney, formatRound } from './money'
import { When } from './When'

const speaks = (...languages: string[]) => vi.spyOn(navigator, 'languages', 'get').mockReturnValue(languages)
const eur = (minor: number) => ({ minor, currency: 'EUR' })
/** Versions of the locale data differ in which blank and which apostrophe they use, and that is not what is tested. */
const plain = (text: string | null) => (text ?? '').replaceAll(/\s/g, ' ').replaceAll('’', "'")

function written(at: string, time = false): string {
  const { container } = render(<When at={at} time={time} />)
  return plain(container.textContent)
}

test.each([
  ['en-GB', '5,600.50 €', '20 €', '3 March 2026'],
  ['en-US', '5,600.50 €', '20 €', 'March 3, 2026'],
  ['en', '5,600.50 €', '20 €', 'March 3, 2026'],
  ['de-DE', '5.600,50 €', '20 €', '03.03.2026'],
  ['de-CH', "5'600.50 €", '20 €', '03.03.2026'],
  ['fr-FR', '5 600,50 €', '20 €', '03/03/2026'],
  ['pt-BR', '5.600,50 €', '20 €', '03/03/2026'],
  ['ja-JP', '5,600.50 €', '20 €', '2026/03/03'],
  ['en-IN', '5,600.50 €', '20 €', '3 March 2026'],
])('%s reads its own separators and dates', (language, amount, round, day) => {
  speaks(language, 'en')
  expect(plain(formatMoney(eur(560_050)))).toBe(amount)
  expect(plain(formatRound(2000, 'EUR'))).toBe(round)
  expect(written('2026-03-03T12:00:00Z')).toBe(day)
})

test('digits are Latin and the calendar Gregorian, whatever the locale is', () => {
  for (const language of ['ar-EG', 'fa-IR', 'hi-IN-u-nu-deva', 'th-TH', 'mr-IN']) {
    speaks(language)
    expect(formatMoney(eur(560_050)), language).toMatch(/^\d[\d.,]*\d\s€$/u)
    expect(written('2026-03-03T12:00:00Z'), language).toContain('2026')
    expect(written('2026-03-03T12:00:00Z'), language).toMatch(/^[\d./\-\u200e\u200f]+$/u)
  }
})

test('a moment of time has its day and its minutes', () => {
  speaks('en-GB')
  expect(written('2026-11-02T12:05:00Z', true)).toMatch(/^2 November at \d\d:05$/)
  speaks('de-DE')
  expect(written('2026-11-02T12:05:00Z', true)).toMatch(/^02\.11\., \d\d:05$/)
})

test('currencies keep their own decimals', () => {
  speaks('de-DE')
  expect(plain(formatMoney({ minor: 123_456, currency: 'JPY' }))).toBe('123.456 ¥')
  expect(plain(formatMoney({ minor: 1_234_567, currency: 'KWD' }))).toBe('1.234,567 KWD')
})

test.each([
  [[], 'en-GB'],
  [[''], 'en-GB'],
  [['C', 'en_US.UTF-8'], 'en-GB'],
  [['xx-not-a-language-at-all'], 'en-GB'],
  [['zz'], 'en-GB'],
  [['en_US', 'de-DE'], 'de-DE'],
  [['tlh', 'fr-FR'], 'fr-FR'],
])('of the languages %j the one that is used is %s', (languages, locale) => {
  expect(localeOf(languages)).toBe(locale)
})

test('a browser without a usable language shows English numbers, and guesses no country', () => {
  speaks('en_US.UTF-8', '')
  expect(formatNumber(1234.5)).toBe('1,234.5')
  expect(likelyCountry(['DE', 'US'])).toBe('')
  speaks('de-AT')
  expect(likelyCountry(['DE', 'AT'])).toBe('AT')
})
