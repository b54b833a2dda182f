// What the pages of staff are like on a phone, as far as their style sheet says it: without its wider screens.
import { screen, within } from '@testing-library/react'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { server } from '../../testing/shop'
import { createTill } from '../../testing/till'
import { visit } from './testing'

// An import of the sheet would give the names of its classes, and what runs in a browser knows no files: Node's types are not here.
const { process } = globalThis as unknown as {
  process: { getBuiltinModule: (name: 'node:fs') => { readFileSync: (path: string, as: 'utf8') => string } }
}
const sheet = process.getBuiltinModule('node:fs').readFileSync('src/features/staff/Staff.module.css', 'utf8')

beforeAll(() => server.listen({ onUnhandledRequest: 'error' }))
const style = document.createElement('style')
beforeEach(() => {
  style.textContent = sheet.replaceAll(/@media [^{]+\{(?:[^{}]*\{[^{}]*\})*\s*\}/g, '')
  document.head.append(style)
})
afterEach(() => {
  style.remove()
  server.resetHandlers()
})
afterAll(() => server.close())

it('the links of the header have a row of their own, and none is broken', async () => {
  visit('/staff/orders', createTill().handlers, { roles: ['staff', 'ops'] })
  const nav = await screen.findByRole('navigation', { name: 'Staff' })
  const { flexBasis, flexWrap } = getComputedStyle(nav)
  expect({ flexBasis, flexWrap }).toEqual({ flexBasis: '100%', flexWrap: 'wrap' })
  for (const link of within(nav).getAllByRole('link')) {
    expect(getComputedStyle(link).whiteSpace).toBe('nowrap')
  }
})
