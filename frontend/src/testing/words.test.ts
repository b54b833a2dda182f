// The shop speaks plain English: none of its texts has a word of which there is a better one. A folder is looked at as soon as it
// is listed here.
import { expect, it } from 'vitest'
import { bannedWords } from './bannedWords'
import { visibleTexts } from './visibleTexts'

const plain = [
  'api',
  'app',
  'components',
  'features/account',
  'features/cart',
  'features/catalog',
  'features/inbox',
  'features/orders',
  'features/pages',
  'features/requests',
  'features/sandbox',
]

const sources = import.meta.glob<string>(
  [
    '../**/*.{ts,tsx}',
    '!../**/*.test.{ts,tsx}',
    '!../**/testing.tsx',
    '!../testing/**',
    '!../api/generated/**',
  ],
  { query: '?raw', import: 'default', eager: true },
)

function complaints(name: string, source: string): string[] {
  return visibleTexts(name, source).flatMap(({ line, text }) =>
    bannedWords
      .filter(({ found }) => found.test(text))
      .map(({ better }) => `${name}:${line} “${text}” (better: ${better})`),
  )
}

it.each(plain)('%s has no word of which there is a better one', (folder) => {
  const files = Object.entries(sources).filter(([name]) => name.startsWith(`../${folder}/`))
  expect(files.length).toBeGreaterThan(0)
  expect(files.flatMap(([name, source]) => complaints(name, source))).toEqual([])
})

it('is said of texts between tags, in attributes, literals and templates', () => {
  const source = `
    export function Page({ count }: { count: number }) {
      const label = 'See everything'
      return (
        <p title="Leave it">
          Many
          things {\`\${count} things\`} {label}
        </p>
      )
    }`
  expect(complaints('Page.tsx', source)).toEqual([
    'Page.tsx:3 “See everything” (better: Shop all)',
    'Page.tsx:5 “Leave it” (better: Cancel)',
    expect.stringContaining('“Many things”'),
    expect.stringContaining('“… things”'),
  ])
})

it('is not said of names, comments, types and paths', () => {
  const source = `
    import { things } from './things of others'
    // Whoever reads this.
    export const row: 'By mail' = { 'by mail': things.things, kind: 'things' }`
  expect(complaints('row.ts', source)).toEqual([])
})

it('knows e-mail from mail', () => {
  expect(complaints('a.ts', "export const a = 'For e-mails about this order, by e-mail.'")).toEqual([])
  expect(complaints('a.ts', "export const a = 'For mails about this order.'")).toHaveLength(1)
})
