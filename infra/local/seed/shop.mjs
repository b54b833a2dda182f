// Talks to the command API for seed.mjs: one command at a time, again while the shop is busy.
import { setTimeout as pause } from 'node:timers/promises'

/** @typedef {import('./catalogue.mjs').Command} Command */

/** The shop said no, and asking again would not help. The message is for the person who runs the seed. */
export class Refused extends Error {
  /**
   * @param {string} message
   * @param {string} code last part of the problem's type, such as already-listed
   */
  constructor(message, code) {
    super(message)
    this.code = code
  }
}

/** The shop is there, but busy, starting, or carrying out the very same command for somebody else. */
const PASSING = [409, 429, 502, 503, 504]
const ATTEMPTS = 8
const LONGEST_PAUSE_MS = 5_000

/**
 * @typedef {object} Shop
 * @property {string} url of the command API
 * @property {string} staffToken
 */

/**
 * @param {Shop} shop
 * @param {Command} command
 * @returns {Promise<'done' | 'replayed'>} replayed = it had been done under this key before
 */
export async function send(shop, command) {
  let trouble = new Error()
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const outcome = await ask(shop, command)
    if (typeof outcome === 'string') return outcome
    trouble = outcome.trouble
    if (attempt < ATTEMPTS) await pause(Math.min(outcome.afterMs ?? 100 * 2 ** attempt, LONGEST_PAUSE_MS))
  }
  throw trouble
}

/**
 * @param {Shop} shop
 * @param {Command} command
 * @returns {Promise<'done' | 'replayed' | {trouble: Error, afterMs?: number}>} trouble = may pass; what will not is thrown
 */
async function ask({ url, staffToken }, { path, key, body }) {
  let response
  let text
  try {
    response = await fetch(`${url}/api/commands${path}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${staffToken}`,
        'content-type': 'application/json',
        'idempotency-key': key,
      },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(15_000),
    })
    text = await response.text()
  } catch (error) {
    const trouble = new Error(`No command API answers at ${url} (${reason(error)}). Is the shop running?`)
    if (reason(error) === 'ECONNREFUSED') throw trouble
    return { trouble }
  }
  if (response.ok) return response.headers.get('idempotency-replayed') === 'true' ? 'replayed' : 'done'

  const problem = problemIn(text)
  const code = problem.type?.split('/').at(-1) ?? ''
  const said = `POST /api/commands${path} was answered ${response.status} ${code || text.slice(0, 200)}`
  const trouble = new Refused(problem.detail ? `${said}: ${problem.detail}` : said, code)
  if (response.status === 401 || response.status === 403) {
    throw new Refused(`The shop does not accept STAFF_TOKEN: ${trouble.message}`, code)
  }
  if (!PASSING.includes(response.status) || code === 'already-listed') throw trouble
  const seconds = Number(response.headers.get('retry-after') ?? NaN)
  return Number.isFinite(seconds) ? { trouble, afterMs: seconds * 1000 } : { trouble }
}

/**
 * @param {string} text
 * @returns {{type?: string, detail?: string}}
 */
function problemIn(text) {
  try {
    return JSON.parse(text) ?? {}
  } catch {
    return {}
  }
}

/** @param {unknown} error what fetch threw; the cause says more than the error */
function reason(error) {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  if (!(cause instanceof Error)) return String(cause)
  return ('code' in cause && typeof cause.code === 'string' ? cause.code : '') || cause.message
}
