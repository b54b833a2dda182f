#!/usr/bin/env node
// Lists the demonstration catalogue in a running shop, receives its stock and creates its discount codes. `./dev up` runs
// it once per data folder; running it again changes nothing. Node alone, no dependencies.
//
//   COMMAND_API_URL  where the command API answers; by default on this machine, at COMMAND_API_PORT or 7401
//   STAFF_TOKEN      what the command API was started with
import { pathToFileURL } from 'node:url'
import { codeCreation, inTurn, listing, readCatalogue, stocking } from './catalogue.mjs'
import { Refused, send } from './shop.mjs'

/** @typedef {import('./catalogue.mjs').Product} Product */
/** @typedef {import('./shop.mjs').Shop} Shop */

const AT_ONCE = 8

/**
 * A product that was there before keeps the stock it has: only who listed it, in this run or in one that was cut
 * short and is now replayed under the same keys, may put things on its shelf.
 * @param {Shop} shop
 * @param {Product} product
 * @returns {Promise<'listed' | 'there before'>}
 */
export async function seedProduct(shop, product) {
  const outcomes = [await attempt(shop, listing(product), 'already-listed')]
  if (outcomes[0] === 'done before') return 'there before'
  for (const command of stocking(product)) outcomes.push(await attempt(shop, command, 'idempotency-mismatch'))
  return outcomes.includes('done') ? 'listed' : 'there before'
}

/**
 * @param {Shop} shop
 * @param {import('./catalogue.mjs').Command} command
 * @param {string} before the refusal that says it was done before
 */
async function attempt(shop, command, before) {
  try {
    return await send(shop, command)
  } catch (error) {
    if (error instanceof Refused && error.code === before) return 'done before'
    throw error
  }
}

/**
 * The first failure ends it: what was begun is finished, nothing new is taken up.
 * @param {Shop} shop
 * @param {Product[]} products
 * @param {(done: number) => void} progress
 */
export async function seed(shop, products, progress) {
  const waiting = [...products]
  const count = { listed: 0, 'there before': 0 }
  const worker = async () => {
    for (let product = waiting.shift(); product !== undefined; product = waiting.shift()) {
      try {
        count[await seedProduct(shop, product)] += 1
      } catch (error) {
        waiting.length = 0
        throw error
      }
      progress(count.listed + count['there before'])
    }
  }
  const ends = await Promise.allSettled(Array.from({ length: AT_ONCE }, worker))
  for (const end of ends) if (end.status === 'rejected') throw end.reason
  return count
}

/**
 * A code of that name with other terms is staff's, and stays.
 * @param {Shop} shop
 * @param {import('./catalogue.mjs').DiscountCode[]} codes
 */
export async function seedCodes(shop, codes) {
  for (const code of codes) {
    const before = await attempt(shop, codeCreation(code), 'code-exists')
    if (before === 'done before') process.stderr.write(`The discount code ${code.code} was there before.\n`)
  }
}

async function main() {
  const { COMMAND_API_URL, COMMAND_API_PORT = '7401', STAFF_TOKEN } = process.env
  if (!STAFF_TOKEN) throw new Error('STAFF_TOKEN is not set. It is what the command API was started with.')
  const shop = {
    url: (COMMAND_API_URL ?? `http://127.0.0.1:${COMMAND_API_PORT}`).replace(/\/+$/, ''),
    staffToken: STAFF_TOKEN,
  }

  const catalogue = readCatalogue()
  const products = inTurn(catalogue.products)
  const begun = performance.now()
  const count = await seed(shop, products, (done) => {
    if (done % 10 === 0) process.stderr.write(`${done} of ${products.length} products\n`)
  })
  await seedCodes(shop, catalogue.discount_codes)
  const seconds = ((performance.now() - begun) / 1000).toFixed(1)
  console.log(`${count.listed} products listed, ${count['there before']} were there before (${seconds} s).`)
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  main().catch((error) => {
    process.stderr.write(`The catalogue is not complete: ${error instanceof Error ? error.message : error}\n`)
    process.exitCode = 1
  })
}
