// What a real shop does only by bad luck: being busy, or being left half seeded. The stand-in keeps the contract's
// promises about keys and nothing else; `./dev test` seeds a real shop.
import assert from 'node:assert/strict'
import http from 'node:http'
import test from 'node:test'
import { seed, seedCodes } from './seed.mjs'

/** @typedef {import('./catalogue.mjs').Product} Product */

/**
 * @param {string} sku
 * @param {Partial<Product>} [but]
 * @returns {Product}
 */
function product(sku, but) {
  const price = { minor: 2200, currency: 'EUR' }
  return {
    sku,
    name: sku,
    description: 'A mug.',
    category: 'kitchen',
    price,
    picture: null,
    stock: 5,
    ...but,
  }
}

/** @typedef {{status: number, problem?: string, headers?: Record<string, string>}} Answer */

/**
 * @param {import('node:test').TestContext} t
 * @param {(path: string) => Answer | undefined} [instead] an answer in place of the usual one
 */
async function standIn(t, instead = () => undefined) {
  /** @type {Map<string, string>} */
  const receipts = new Map()
  /** @type {Map<string, number>} */
  const onHand = new Map()
  /** @param {string} path @param {string} key @param {string} text @returns {Answer} */
  const decide = (path, key, text) => {
    const before = receipts.get(key)
    if (before === text) return { status: 201, headers: { 'idempotency-replayed': 'true' } }
    if (before !== undefined) return { status: 422, problem: 'idempotency-mismatch' }
    const { sku = path.split('/').at(-2), quantity = 0, delta = 0 } = JSON.parse(text)
    if (path.endsWith('/products') && onHand.has(sku)) return { status: 422, problem: 'already-listed' }
    onHand.set(sku, (onHand.get(sku) ?? 0) + quantity + delta)
    receipts.set(key, text)
    return { status: 201 }
  }
  const server = http.createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request) text += chunk
    const path = request.url ?? ''
    const { status, problem, headers } =
      instead(path) ?? decide(path, String(request.headers['idempotency-key']), text)
    response.writeHead(status, headers).end(JSON.stringify(problem ? { type: `/problems/${problem}` } : {}))
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)))
  t.after(() => server.close())
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  return { onHand, receipts, shop: { url: `http://127.0.0.1:${port}`, staffToken: 'staff' } }
}

const quietly = () => {}
const mugs = Array.from({ length: 20 }, (_, i) =>
  product(`MUG-${i}`, { stock: i, back_in_stock: i % 3 === 0 }),
)
const wanted = new Map(mugs.map(({ sku, stock }) => [sku, stock]))

test('every product is listed with its stock, and a second run changes nothing', async (t) => {
  const { shop, onHand } = await standIn(t)
  assert.deepEqual(await seed(shop, mugs, quietly), { listed: 20, 'there before': 0 })
  assert.deepEqual(new Map([...onHand].sort()), new Map([...wanted].sort()))
  assert.deepEqual(await seed(shop, mugs, quietly), { listed: 0, 'there before': 20 })
  assert.deepEqual(new Map([...onHand].sort()), new Map([...wanted].sort()))
})

test('a shop that has forgotten the keys receives no stock again', async (t) => {
  const { shop, onHand, receipts } = await standIn(t)
  await seed(shop, mugs, quietly)
  receipts.clear()
  assert.deepEqual(await seed(shop, mugs, quietly), { listed: 0, 'there before': 20 })
  assert.deepEqual(new Map([...onHand].sort()), new Map([...wanted].sort()))
})

test('a shop that was left listed but empty gets its stock in the next run', async (t) => {
  let failing = true
  const { shop, onHand } = await standIn(t, (path) =>
    failing && path.includes('/stock/') ? { status: 500, problem: 'internal' } : undefined,
  )
  await assert.rejects(seed(shop, mugs, quietly), /answered 500 internal/)
  failing = false
  await seed(shop, mugs, quietly)
  assert.deepEqual(new Map([...onHand].sort()), new Map([...wanted].sort()))
})

test('an edited catalogue leaves what is there alone', async (t) => {
  const { shop, onHand } = await standIn(t)
  await seed(shop, [product('MUG')], quietly)
  await seed(shop, [product('MUG', { stock: 9 })], quietly)
  await seed(shop, [product('MUG', { description: 'Another mug.' })], quietly)
  assert.equal(onHand.get('MUG'), 5)
})

test('a busy shop is asked again when it says so', async (t) => {
  let refusals = 0
  const { shop, onHand } = await standIn(t, () =>
    refusals++ < 5 ? { status: 429, problem: 'rate-limited', headers: { 'retry-after': '0' } } : undefined,
  )
  await seed(shop, [product('MUG')], quietly)
  assert.equal(onHand.get('MUG'), 5)
  assert.equal(refusals, 7, 'five refusals, then the listing and the receipt')
})

test('a wrong token is named at once', async (t) => {
  let asked = 0
  const { shop } = await standIn(t, () => {
    asked++
    return { status: 403, problem: 'forbidden' }
  })
  await assert.rejects(seed(shop, mugs, quietly), /does not accept STAFF_TOKEN/)
  assert.ok(asked <= 8, `asked ${asked} times`)
})

test('a discount code that staff has made their own stays as it is, and the others are created', async (t) => {
  let asked = 0
  const { shop, receipts } = await standIn(t, () => {
    asked += 1
    return asked === 1 ? { status: 422, problem: 'code-exists' } : undefined
  })
  const [first, second] = [
    { code: 'FIRST', discount: { percent: 5 } },
    { code: 'SECOND', discount: { percent: 10 } },
  ]
  await seedCodes(shop, [first, second])
  assert.deepEqual([...receipts.keys()], ['seed-code-SECOND'])
})
