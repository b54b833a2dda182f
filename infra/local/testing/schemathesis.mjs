// Schemathesis against a whole shop: an API does what its description says, whoever asks. What it may find is listed, with reasons, in
// infra/local/schemathesis/schemathesis.toml.
import { randomUUID } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { run } from '../processes.mjs'
import { ROOT, processEnv } from '../settings.mjs'
import { Stop } from '../stop.mjs'
import { runSuite } from './suite.mjs'

/** @typedef {import('../settings.mjs').Settings} Settings */
/**
 * @typedef {{headers: Record<string, string>, env: Record<string, string>, opens: string}} Asker opens: what only this one is shown, as
 *   long as the session goes on
 */

const FOLDER = path.join(ROOT, 'infra/local/schemathesis')
/** The APIs, and for how many seconds each asker may ask: in that time every operation is tried, also on a slow day. */
const APIS = { 'query-api': 90, 'command-api': 150 }
/** Beside that, it reads the description and makes up what to ask. */
const BESIDE_MS = 4 * 60_000

/**
 * Expects the shop of these settings to run.
 * @param {Settings} settings
 * @param {string} python one that knows Schemathesis (tools.mjs)
 * @param {string} filter
 */
export function runSchemathesis(settings, python, filter) {
  if (!'schemathesis'.includes(filter))
    return { level: 'ui', name: 'schemathesis', passed: 0, failed: 0, seconds: 0 }
  /** @type {import('./results.mjs').Counts} */
  const sum = { passed: 0, failed: 0 }
  return runSuite(
    { level: 'ui', name: 'schemathesis' },
    async () => {
      const outcome = { code: 0, output: '', timedOut: false }
      for (const [who, asker] of Object.entries(await askers(settings))) {
        for (const [api, seconds] of Object.entries(APIS)) {
          const one = await ask(settings, python, { api, seconds }, who, asker)
          sum.passed += one.passed
          sum.failed += one.failed
          if (one.failed > 0) outcome.output += one.output
          // Who became nobody on the way was answered 401 everywhere, and nothing was tried.
          const seen = await fetch(`${settings.publicOrigins[0]}${asker.opens}`, { headers: asker.headers })
          if (seen.status === 200) continue
          sum.failed += 1
          outcome.output += `${who} was nobody after ${api}: ${asker.opens} answers ${seen.status}\n`
        }
      }
      return outcome
    },
    () => sum,
  )
}

/**
 * One API, asked by one of those who ask.
 * @param {Settings} settings
 * @param {string} python
 * @param {{api: string, seconds: number}} what
 * @param {string} who
 * @param {Asker} asker
 */
async function ask(settings, python, { api, seconds }, who, asker) {
  const shop = settings.publicOrigins[0]
  const report = path.join(settings.logsDir, `schemathesis-${api}-${who}.json`)
  fs.mkdirSync(settings.logsDir, { recursive: true })
  fs.rmSync(report, { force: true })
  // What it found the last time would be tried first: that is another run than everybody else's.
  fs.rmSync(path.join(FOLDER, '.schemathesis'), { recursive: true, force: true })
  const { code, output } = await run({
    argv: [
      // Its own program names the folder that the environment was made in.
      ...[python, '-m', 'schemathesis.cli'],
      ...['--config-file', path.join(FOLDER, 'schemathesis.toml'), 'run'],
      path.join(ROOT, 'docs/openapi', `${api}.json`),
      ...['--url', shop, '--max-time', String(seconds)],
      ...['--report', 'json', '--report-json-path', report],
    ],
    cwd: FOLDER,
    env: { ...settings.env, ...asker.env, SHOP_URL: shop, SHOP_HEADERS: JSON.stringify(asker.headers) },
    output: 'capture',
    logFile: path.join(settings.logsDir, `schemathesis-${api}-${who}.log`),
    timeoutMs: seconds * 1000 + BESIDE_MS,
  })
  const counts = schemathesisCounts(fs.existsSync(report) ? fs.readFileSync(report, 'utf8') : null, code)
  return { ...counts, output: `${api} as ${who}:\n${output}\n` }
}

/**
 * Its report: each operation passes or fails, whatever was found of it.
 * @param {string | null} report null = it wrote none
 * @param {number} exitCode
 * @returns {import('./results.mjs').Counts}
 */
export function schemathesisCounts(report, exitCode) {
  if (report === null) return { passed: 0, failed: 1 }
  const { operations, failures, errors } = JSON.parse(report)
  const failing = new Set(failures.flatMap((/** @type {{operations: string[]}} */ found) => found.operations))
  // What is not tried is not known.
  if (!Number.isInteger(operations.selected) || !Number.isInteger(operations.tested))
    return { passed: 0, failed: 1 }
  const untried = Math.max(0, operations.selected - operations.tested)
  const wrong = failing.size + errors.length
  const counts = { passed: Math.max(0, operations.tested - wrong), failed: wrong + untried }
  return exitCode === 0 && counts.passed > 0 ? counts : { ...counts, failed: Math.max(1, counts.failed) }
}

/**
 * A guest, somebody with an account, and staff.
 * @param {Settings} settings
 * @returns {Promise<Record<string, Asker>>}
 */
async function askers(settings) {
  const shop = settings.publicOrigins[0]
  const credentials = {
    email: `schemathesis-${randomUUID()}@example.org`,
    password: `${randomUUID()}-Teapot`,
  }
  const guest = await cookie(`${shop}/api/commands/session`)
  const account = await cookie(`${shop}/api/commands/accounts`, credentials)
  const token = String(processEnv(settings).STAFF_TOKEN)
  const { items } = /** @type {any} */ (await (await fetch(`${shop}/api/queries/products?limit=100`)).json())
  // One of which there is some, in the currency of carts.
  const SHOP_SKU = items.find(
    (/** @type {any} */ product) => product.price.currency === 'EUR' && product.available > 0,
  ).sku
  const [SHOP_CART, accounts] = await Promise.all([
    cart(shop, guest, SHOP_SKU),
    cart(shop, account, SHOP_SKU),
  ])
  return {
    guest: {
      headers: { Cookie: guest },
      env: { SHOP_CART, SHOP_SKU },
      opens: `/api/queries/carts/${SHOP_CART}`,
    },
    account: {
      headers: { Cookie: account },
      env: {
        SHOP_EMAIL: credentials.email,
        SHOP_PASSWORD: credentials.password,
        SHOP_CART: accounts,
        SHOP_SKU,
      },
      opens: '/api/commands/account',
    },
    staff: {
      headers: { Authorization: `Bearer ${token}` },
      env: { SHOP_CART, SHOP_SKU },
      opens: '/api/queries/staff/orders',
    },
  }
}

/**
 * A cart with something in it.
 * @param {string} shop
 * @param {string} cookies
 * @param {string} sku
 * @returns {Promise<string>} its id
 */
async function cart(shop, cookies, sku) {
  const send = async (/** @type {string} */ at, /** @type {object} */ body) => {
    const headers = { cookie: cookies, 'content-type': 'application/json' }
    const answer = await fetch(`${shop}/api/commands${at}`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    })
    if (!answer.ok) throw new Stop(`${at} answered ${answer.status}: ${await answer.text()}`)
    return /** @type {any} */ (await answer.json())
  }
  const { id } = await send('/carts', {})
  await send(`/carts/${id}/lines`, { lines: [{ sku, quantity: 1 }] })
  return id
}

/**
 * The cookies that an answer sets.
 * @param {string} url
 * @param {object} [body]
 */
async function cookie(url, body) {
  const json = body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
  const answer = await fetch(url, { method: 'POST', ...json })
  if (!answer.ok) throw new Stop(`${url} answered ${answer.status}: ${await answer.text()}`)
  return answer.headers
    .getSetCookie()
    .map((set) => set.split(';')[0])
    .join('; ')
}
