// `./dev up [--detach] [--fresh]`: from whatever state this machine is in to a running shop.
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseFlags } from '../flags.mjs'
import { endLeftovers } from '../leftovers.mjs'
import { newRestartRule } from '../restarts.mjs'
import { claimRun, readRun, releaseRun } from '../run_file.mjs'
import { checkMachine, describeShop, forgetData, prepare, startShop, startStores } from '../shop.mjs'
import { Stop, say } from '../stop.mjs'
import { whyItStoppedFile } from '../settings.mjs'
import { supervised } from '../supervised.mjs'

/** @typedef {import('../settings.mjs').Settings} Settings */

const MAIN = fileURLToPath(new URL('../main.mjs', import.meta.url))

/** More than all waits of a start together. */
const DETACHED_START_WITHIN_MS = 10 * 60_000

/**
 * @param {Settings} settings
 * @param {string[]} args
 */
export async function up(settings, args) {
  const { detach, fresh } = parseFlags(args, ['detach', 'fresh'])
  const current = readRun(settings.runFile)
  if (current && fresh) throw new Stop('It is running. First ./dev down, then ./dev up --fresh.')
  if (current?.ready) {
    say(`Already running (pid ${current.pid}): ${current.storefront}. After a change: ./dev down, ./dev up.`)
    return
  }
  await endLeftovers(settings.runFile)
  claimRun(settings.runFile, { storefront: settings.publicOrigins[0], portBase: settings.ports.storefront })
  try {
    await checkMachine(settings)
    if (fresh) forgetData(settings)
    await prepare(settings)
    if (!detach) return await supervise(settings)
  } finally {
    releaseRun(settings.runFile)
  }
  await startDetached(settings)
}

/**
 * In the background, as it was built last: after a moment in which it had to be stopped.
 * @param {Settings} settings
 */
export async function startAgain(settings) {
  await endLeftovers(settings.runFile)
  await startDetached(settings)
}

/**
 * Starts everything, then stays until Ctrl-C, a signal, or until a service does not stay up however often it
 * is started again. `up --detach` runs this in a process of its own.
 * @param {Settings} settings
 */
export async function supervise(settings) {
  fs.rmSync(whyItStoppedFile(settings), { force: true })
  try {
    await supervised(settings, (supervisor, ready) => runShop(settings, supervisor, ready), {
      restartRule: newRestartRule,
    })
  } catch (error) {
    if (error instanceof Stop) rememberWhy(settings, error)
    throw error
  }
}

/**
 * For `status`: one that runs in the background has nobody to tell.
 * @param {Settings} settings
 * @param {Stop} stop
 */
function rememberWhy(settings, { message }) {
  if (readRun(settings.runFile)) return // another one's data folder
  try {
    fs.writeFileSync(whyItStoppedFile(settings), message)
  } catch {
    // A full disk may be the very reason.
  }
}

/**
 * @param {Settings} settings
 * @param {import('../shop.mjs').Supervisor} supervisor
 * @param {() => void} ready
 */
async function runShop(settings, supervisor, ready) {
  say('Starting PostgreSQL, Redis, Kafka and a mail server...')
  await startStores(settings, supervisor)
  say('Starting command-api, projectors, query-api and nginx...')
  await startShop(settings, supervisor)
  ready()
  say(describeShop(settings))
  await new Promise(() => {})
}

/** @param {Settings} settings */
async function startDetached(settings) {
  fs.mkdirSync(settings.logsDir, { recursive: true })
  const logFile = path.join(settings.logsDir, 'supervisor.log')
  const log = fs.openSync(logFile, 'w')
  const child = spawn(process.execPath, [MAIN, 'supervise'], {
    detached: true,
    env: settings.env,
    stdio: ['ignore', log, log],
  })
  fs.closeSync(log)
  let ended = false
  child.once('exit', () => (ended = true))
  child.unref()

  const deadline = Date.now() + DETACHED_START_WITHIN_MS
  for (let said = 0; Date.now() < deadline; await wait(100)) {
    const text = fs.readFileSync(logFile, 'utf8')
    process.stderr.write(text.slice(said))
    said = text.length
    if (ended) throw new Stop('The shop did not start; the reason is above.')
    if (readRun(settings.runFile)?.ready) {
      say(`It runs in the background (pid ${child.pid}): ./dev status, ./dev down.`)
      return
    }
  }
  throw new Stop(`The shop did not start within ${DETACHED_START_WITHIN_MS / 60_000} minutes: ${logFile}.`)
}
