// The demonstration catalogue and what it asks the command API to do. Pure; called by seed.mjs and by the test.
import { createHash } from 'node:crypto'
import fs from 'node:fs'

/**
 * @typedef {object} Product
 * @property {string} sku
 * @property {string} name
 * @property {string} description
 * @property {string} category
 * @property {{minor: number, currency: string}} price
 * @property {{drawing: string, colour: string} | null} picture
 * @property {number} stock
 * @property {boolean} [back_in_stock] it was sold out before and has come back
 */

/**
 * As the command API takes it.
 * @typedef {object} DiscountCode
 * @property {string} code
 * @property {{percent?: number, amount?: {minor: number, currency: string}}} discount
 */

/**
 * @typedef {object} Command
 * @property {string} path below /api/commands
 * @property {string} key its Idempotency-Key: the same command has the same key in every run
 * @property {object} body
 */

/** @returns {{products: Product[], discount_codes: DiscountCode[]}} */
export function readCatalogue() {
  return JSON.parse(fs.readFileSync(new URL('catalogue.json', import.meta.url), 'utf8'))
}

/**
 * A code that is there with the same terms stays as it is, so one key will do for all runs.
 * @param {DiscountCode} code
 * @returns {Command}
 */
export function codeCreation(code) {
  return { path: '/discount-codes', key: `seed-code-${code.code}`, body: code }
}

/**
 * One category after another would fill the shop's shelf of new things with lamps.
 * @param {Product[]} products
 * @returns {Product[]} the same, a kitchen thing, a table thing, a desk thing, ... in turn
 */
export function inTurn(products) {
  const shelves = new Map(products.map(({ category }) => [category, /** @type {Product[]} */ ([])]))
  for (const product of products) shelves.get(product.category)?.push(product)
  const longest = Math.max(0, ...[...shelves.values()].map((shelf) => shelf.length))
  return Array.from({ length: longest }, (_, i) =>
    [...shelves.values()].flatMap((shelf) => shelf.slice(i, i + 1)),
  ).flat()
}

/**
 * Its key names its text too, so that an edited text is refused as already listed and not taken for the old one.
 * @param {Product} product
 * @returns {Command}
 */
export function listing({ sku, name, description, category, price, picture }) {
  const body = { sku, name, description, category, price, picture }
  const text = createHash('sha256').update(JSON.stringify(body)).digest('hex').slice(0, 16)
  return { path: '/products', key: `seed-list-${sku}-${text}`, body }
}

/**
 * What goes on the shelf once the product is listed. No key depends on a quantity: whatever was received under it,
 * it is never received again.
 * @param {Product} product
 * @returns {Command[]}
 */
export function stocking({ sku, stock, back_in_stock: soldOutBefore = false }) {
  if (stock === 0) return []
  const receipt = { path: `/stock/${sku}/receipts`, body: { quantity: stock } }
  const arrival = { ...receipt, key: `seed-stock-${sku}` }
  if (!soldOutBefore) return [arrival]
  return [
    { ...receipt, key: `seed-stock-${sku}-first` },
    {
      path: `/stock/${sku}/adjustments`,
      key: `seed-stock-${sku}-sold-out`,
      body: { delta: -stock, reason: 'counted' },
    },
    arrival,
  ]
}
