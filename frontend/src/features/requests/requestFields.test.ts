import { expect, it } from 'vitest'
import { draftFor, keepDraft, noDraft, type Draft } from './draft'
import { productTrouble, rulesFor, toRequest } from './requestFields'

const draft = (more: Partial<Draft>): Draft => ({ ...noDraft, ...more })

it('what is missing needs a title, and nothing else', () => {
  const rules = rulesFor(noDraft)
  expect(rules.title?.('')).toMatch(/Enter what you are looking for/)
  expect(rules.title?.('ab')).toMatch(/at least 3/)
  expect(rules.title?.('mug')).toBeNull()
  expect(rules.link?.('')).toBeNull()
})

it('a link leads to a page', () => {
  const { link } = rulesFor(noDraft)
  expect(link?.('https://example.org/mug')).toBeNull()
  for (const wrong of ['mug', 'javascript:alert(1)', 'ftp://example.org'])
    expect(link?.(wrong)).not.toBeNull()
})

it('a quote is for a number of something: of a product, or of what its title says', () => {
  const rules = rulesFor(draft({ kind: 'quote' }))
  for (const wrong of ['', '0', '1.5', '100001', 'many']) expect(rules.quantity?.(wrong)).not.toBeNull()
  expect(rules.quantity?.('100000')).toBeNull()
  expect(rules.title?.('')).toMatch(/Choose a product/)
  expect(rulesFor(draft({ kind: 'quote', sku: 'MUG' })).title).toBeUndefined()
})

it('whoever waits for something says for what', () => {
  expect(productTrouble(draft({ kind: 'back_in_stock' }))).not.toBeNull()
  expect(productTrouble(draft({ kind: 'back_in_stock', sku: 'MUG' }))).toBeNull()
})

it('only what belongs to its kind is sent', () => {
  const all = draft({ title: 'Mug', description: 'Big', link: '', quantity: '500', sku: 'MUG' })
  expect(toRequest(all)).toEqual({ kind: 'missing_product', title: 'Mug', description: 'Big' })
  expect(toRequest({ ...all, kind: 'back_in_stock' })).toEqual({ kind: 'back_in_stock', sku: 'MUG' })
  expect(toRequest({ ...all, kind: 'quote' })).toEqual({
    kind: 'quote',
    sku: 'MUG',
    quantity: 500,
    description: 'Big',
  })
})

it('what was typed is kept, unless the address is about something else', () => {
  keepDraft(draft({ title: 'Mug', description: 'Big' }))
  expect(draftFor(new URLSearchParams())).toMatchObject({ title: 'Mug', description: 'Big' })
  expect(draftFor(new URLSearchParams('title=Mug'))).toMatchObject({ description: 'Big' })
  expect(draftFor(new URLSearchParams('kind=quote&sku=MUG'))).toEqual(draft({ kind: 'quote', sku: 'MUG' }))
})
