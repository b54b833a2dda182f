// The commands about a copy that runs: `down`, `status`, `logs`. They find it by its data folder.
import fs from 'node:fs'
import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { parseFlags } from '../flags.mjs'
import { endLeftovers } from '../leftovers.mjs'
import { whyNotReady } from '../probes.mjs'
import { readRun, readyRun, startedAs } from '../run_file.mjs'
import { SERVERS } from '../services/binaries.mjs'
import { ANALYST, databaseUrl } from '../services/database_roles.mjs'
import { elsewhere, whyItStoppedFile } from '../settings.mjs'
import { FAILED, Stop, USAGE, say } from '../stop.mjs'

/** @typedef {import('../settings.mjs').Settings} Settings */

const SERVICES = ['postgres', 'redis', 'mail', 'kafka', ...SERVERS, 'nginx']

/** Half a second apart. */
const HEALTHY_LOOKS = 6

/** Longer than the supervisor takes at worst. */
const DOWN_WITHIN_MS = 180_000

/**
 * @param {Settings} settings
 * @param {string[]} args
 */
export async function down(settings, args) {
  parseFlags(args, [])
  await endLeftovers(settings.runFile)
  const run = readRun(settings.runFile)
  if (!run) {
    say(`Nothing runs in ${settings.dataDir}.`)
    return
  }
  process.kill(run.pid, 'SIGTERM')
  const deadline = Date.now() + DOWN_WITHIN_MS
  while (startedAs(run.pid) === run.startedAs) {
    if (Date.now() > deadline) {
      process.kill(run.pid, 'SIGKILL') // the kernel then ends its services
      throw new Stop(
        `The supervisor (pid ${run.pid}) did not stop in ${DOWN_WITHIN_MS / 1000} s and was killed.`,
      )
    }
    await wait(100)
  }
  say('Stopped. The data is kept.')
}

/**
 * @param {Settings} settings
 * @param {string[]} args
 */
export async function status(settings, args) {
  const { json } = parseFlags(args, ['json'])
  const run = readRun(settings.runFile)
  const services = await Promise.all(SERVICES.map((name) => statusOf(name, run)))
  const storefront = run?.storefront ?? settings.publicOrigins[0]
  if (json) {
    console.log(JSON.stringify({ storefront, services }))
  } else {
    console.log(run ? `The shop: ${storefront}` : `Nothing runs in ${settings.dataDir}.`)
    if (run && !run.ready) console.log(`It is being built or started (pid ${run.pid}).`)
    if (!run && fs.existsSync(whyItStoppedFile(settings))) {
      const [sentence] = fs.readFileSync(whyItStoppedFile(settings), 'utf8').split('\n')
      console.log(`The last time it stopped by itself: ${sentence}`)
    }
    for (const service of run ? services : []) console.log(statusLine(service))
  }
  if (!services.every(({ healthy }) => healthy)) process.exitCode = FAILED
}

/**
 * For `psql` and spreadsheets: reads the tables of the schema `reporting` (docs/reporting.md).
 * @param {Settings} given
 * @param {string[]} args
 */
export function analystUrl(given, args) {
  parseFlags(args, [])
  const { portBase } = readyRun(given)
  console.log(databaseUrl(elsewhere(given, { portBase, dataDir: given.dataDir }), ANALYST))
}

/**
 * Waits until every service has been healthy for some seconds: right after a restore they notice one after the other that the log is
 * another one.
 * @param {Settings} settings
 * @param {number} withinMs
 */
export async function untilHealthy(settings, withinMs) {
  const deadline = Date.now() + withinMs
  for (let looks = 0; looks < HEALTHY_LOOKS; await wait(500)) {
    const run = readRun(settings.runFile)
    const services = await Promise.all(SERVICES.map((name) => statusOf(name, run)))
    const ill = services.filter(({ healthy }) => !healthy)
    looks = ill.length === 0 ? looks + 1 : 0
    if (Date.now() > deadline) {
      const reasons = ill.map(({ name, reason }) => `${name}: ${reason}`)
      throw new Stop(`Not everything became healthy in time: ${reasons.join('; ')}. See ./dev status.`)
    }
  }
}

/**
 * @typedef {{name: string, url: string | null, pid: number | null, healthy: boolean, reason: string | null,
 *   since: string | null, restarts: number}} Status
 * @param {string} name
 * @param {import('../run_file.mjs').Run | null} run
 * @returns {Promise<Status>}
 */
async function statusOf(name, run) {
  const service = run?.services.find((one) => one.name === name)
  const nothing = { name, url: null, pid: null, healthy: false, since: null, restarts: 0 }
  if (!service) return { ...nothing, reason: 'not running' }
  const { url, pid, since, restarts, lastEnd } = service
  const reason =
    pid === null ? `it ended (${lastEnd}) and is started again in a moment` : await whyNotReady(service.probe)
  return { name, url, pid, healthy: reason === null, reason, since, restarts }
}

/** @param {Status} service */
function statusLine({ name, url, pid, reason, since, restarts }) {
  const health = reason === null ? 'healthy  ' : 'UNHEALTHY'
  const times = restarts === 0 ? '' : `, ${restarts === 1 ? '1 restart' : `${restarts} restarts`}`
  const begun = since ? `${since.slice(0, 19)}Z` : '-'
  return `  ${name.padEnd(12)} ${health}  pid ${pid ?? '-'} since ${begun}${times}  ${reason ?? url}`
}

/**
 * @param {Settings} settings
 * @param {string[]} args
 */
export async function logs(settings, args) {
  const { follow, rest } = parseFlags(args, ['follow'])
  const written = fs.existsSync(settings.logsDir) ? fs.readdirSync(settings.logsDir) : []
  const names = written.filter((file) => file.endsWith('.log')).map((file) => path.basename(file, '.log'))
  const [name] = rest
  if (rest.length !== 1 || !names.includes(name)) {
    throw new Stop(`Usage: ./dev logs NAME [--follow]. Logs here: ${names.join(', ') || 'none yet'}.`, USAGE)
  }
  const file = path.join(settings.logsDir, `${name}.log`)
  let shown = print(file, Math.max(0, fs.statSync(file).size - 64 * 1024))
  while (follow) {
    await wait(250)
    const size = fs.existsSync(file) ? fs.statSync(file).size : 0
    if (size < shown) shown = 0 // a new start, a new file
    shown = print(file, shown)
  }
}

/**
 * @param {string} file
 * @param {number} from
 * @returns {number} where the file ended
 */
function print(file, from) {
  const bytes = fs.existsSync(file) ? fs.readFileSync(file) : Buffer.alloc(0)
  process.stdout.write(bytes.subarray(from))
  return bytes.length
}
