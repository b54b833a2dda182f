import assert from 'node:assert/strict'
import fs from 'node:fs'
import test from 'node:test'
import { inTurn, listing, readCatalogue, stocking } from './catalogue.mjs'

const { products, discount_codes: codes } = readCatalogue()
const pictures = new URL('../../../frontend/src/components/picture/', import.meta.url)

/**
 * The names in an object literal of the picture set, read from its source: it is TypeScript, which Node cannot load.
 * @param {string} file
 * @param {string} object
 */
function namesIn(file, object) {
  const source = fs.readFileSync(new URL(file, pictures), 'utf8')
  const literal = new RegExp(`export const ${object}\\b[^{]*{(.*?)\\n}`, 's').exec(source)?.[1] ?? ''
  return new Set([...literal.matchAll(/^ {2}'?([a-z-]+)'?\s*[:,]/gm)].map(([, name]) => name))
}

/** @param {(product: (typeof products)[number]) => unknown} of */
function repeated(of) {
  const seen = new Set()
  return products.map(of).filter((value) => seen.has(value) || !seen.add(value))
}

test('there are at least sixty products, in six categories of eleven or more', () => {
  assert.ok(products.length >= 60)
  const categories = [...new Set(products.map(({ category }) => category))].sort()
  assert.deepEqual(categories, ['bath', 'desk', 'garden', 'kitchen', 'light', 'table'])
  for (const category of categories) {
    assert.ok(products.filter((product) => product.category === category).length >= 11, category)
  }
})

test('every SKU is one and belongs to one product', () => {
  for (const { sku } of products) assert.match(sku, /^(?=.{1,64}$)[A-Z0-9]+(-[A-Z0-9]+)*$/)
  assert.deepEqual(
    repeated(({ sku }) => sku),
    [],
  )
})

test('every picture is one that the storefront can draw, and hardly any is missing', () => {
  const drawings = namesIn('drawings.ts', 'DRAWINGS')
  const colours = namesIn('palette.ts', 'TONES')
  assert.ok(
    drawings.size > 20 && colours.size > 10,
    'the picture set has moved: look where this test reads it',
  )
  for (const { sku, picture } of products) {
    if (picture === null) continue
    assert.ok(drawings.has(picture.drawing), `${sku}: nobody has drawn ${picture.drawing}`)
    assert.ok(colours.has(picture.colour), `${sku}: there is no colour ${picture.colour}`)
  }
  assert.ok(products.filter(({ picture }) => picture === null).length <= 2)
})

test('no two products look alike or have the same name or text', () => {
  assert.deepEqual(
    repeated(({ sku, picture }) => (picture ? `${picture.drawing} in ${picture.colour}` : sku)),
    [],
  )
  assert.deepEqual(
    repeated(({ name }) => name),
    [],
  )
  assert.deepEqual(
    repeated(({ description }) => description),
    [],
  )
})

test('every text is two to four sentences', () => {
  for (const { sku, description } of products) {
    const sentences = description.match(/[.!?](?=\s|$)/g)?.length ?? 0
    assert.ok(sentences >= 2 && sentences <= 4, `${sku} has ${sentences}`)
  }
})

test('prices are in euros, from 6 to 390', () => {
  for (const { sku, price } of products) {
    assert.equal(price.currency, 'EUR', sku)
    assert.ok(Number.isInteger(price.minor) && price.minor >= 600 && price.minor <= 39_000, sku)
  }
})

test('four products are sold out, some are nearly, and some have come back', () => {
  assert.equal(products.filter(({ stock }) => stock === 0).length, 4)
  assert.ok(products.filter(({ stock }) => stock > 0 && stock <= 5).length >= 4)
  assert.ok(products.filter((product) => product.back_in_stock && product.stock > 0).length >= 4)
})

test('they are listed in turn, so that the newest are of every category', () => {
  const turns = inTurn(products)
  assert.deepEqual(new Set(turns), new Set(products))
  assert.equal(turns.length, products.length)
  assert.equal(new Set(turns.slice(0, 6).map(({ category }) => category)).size, 6)
})

test('the same command has the same key in every run, and no two commands share one', () => {
  const commands = () => products.flatMap((product) => [listing(product), ...stocking(product)])
  const keys = commands().map(({ key }) => key)
  assert.deepEqual(
    commands().map(({ key }) => key),
    keys,
  )
  assert.equal(new Set(keys).size, keys.length)
  for (const key of keys) assert.match(key, /^[\x21-\x7e]{1,255}$/)
})

test('a changed text is another listing, a changed quantity is not another receipt', () => {
  const [mug] = products
  assert.ok(mug)
  assert.notEqual(listing({ ...mug, description: 'Chipped.' }).key, listing(mug).key)
  assert.deepEqual(
    stocking({ ...mug, stock: 3 }).map(({ key }) => key),
    stocking({ ...mug, stock: 4 }).map(({ key }) => key),
  )
})

test('what came back was there, was sold out, and is there again', () => {
  const [mug] = products
  assert.ok(mug)
  const bodies = stocking({ ...mug, stock: 7, back_in_stock: true }).map(({ body }) => body)
  assert.deepEqual(bodies, [{ quantity: 7 }, { delta: -7, reason: 'counted' }, { quantity: 7 }])
  assert.deepEqual(stocking({ ...mug, stock: 0 }), [])
})

test('every discount code is one, and is worth something', () => {
  for (const { code, discount } of codes) {
    assert.match(code, /^[A-Z0-9-]{3,32}$/)
    assert.ok((discount.percent ?? discount.amount?.minor ?? 0) > 0, code)
  }
  assert.deepEqual(
    codes.map(({ code }) => code).filter((code, i, all) => all.indexOf(code) !== i),
    [],
  )
})
