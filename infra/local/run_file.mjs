// Who runs in a data folder: written by `up`, read by `down`, `status` and everything else that talks to a
// running copy.
import fs from 'node:fs'
import path from 'node:path'
import { Stop } from './stop.mjs'

/**
 * @typedef {object} RunningService
 * @property {string} name
 * @property {string} url
 * @property {import('./probes.mjs').Probe} probe
 * @property {number | null} pid null = it ended and is started again in a moment
 * @property {string} startedAs of its process, as below
 * @property {string} since when it was started, or when it ended; ISO 8601
 * @property {number} restarts
 * @property {string | null} lastEnd how its last process ended
 *
 * @typedef {object} Run
 * @property {number} pid the supervisor
 * @property {string} startedAs when the kernel started it: a pid alone may be somebody else's by now
 * @property {string} storefront
 * @property {boolean} ready
 * @property {number} portBase
 * @property {RunningService[]} services
 */

/**
 * The run in this data folder, or null: a file that its supervisor left behind (power cut, SIGKILL) counts as
 * none.
 * @param {string} file
 * @returns {Run | null}
 */
export function readRun(file) {
  const run = lastRun(file)
  return run && startedAs(run.pid) === run.startedAs ? run : null
}

/**
 * The same, though its supervisor may have ended.
 * @param {string} file
 * @returns {Run | null}
 */
function lastRun(file) {
  try {
    return /** @type {Run} */ (JSON.parse(fs.readFileSync(file, 'utf8')))
  } catch {
    return null // absent, or cut short by a full disk
  }
}

/**
 * The run in a copy's data folder, for a command that needs all of it.
 * @param {{runFile: string, dataDir: string}} settings
 * @returns {Run}
 */
export function readyRun({ runFile, dataDir }) {
  const run = readRun(runFile)
  if (run?.ready) return run
  throw new Stop(
    run
      ? `The copy in ${dataDir} is still being built or started (pid ${run.pid}). Try again when ./dev status says that it is healthy.`
      : `Nothing runs in ${dataDir}. Start it first: ./dev up --detach`,
  )
}

/**
 * The services of a supervisor that was killed. The kernel tells them to end, but one that stands still does
 * not hear that, and would hold its port and its data.
 * @param {string} file
 * @returns {RunningService[]} those whose process is still there
 */
export function leftBehind(file) {
  if (readRun(file)) return []
  const services = lastRun(file)?.services ?? []
  return services.filter(({ pid, startedAs: as }) => pid !== null && startedAs(pid) === as)
}

/**
 * Takes the data folder for this process; one that holds it already keeps it. Two `up` at once: one gets it,
 * the other is told.
 * @param {string} file
 * @param {{storefront: string, portBase: number}} about
 * @returns {Run}
 */
export function claimRun(file, about) {
  fs.mkdirSync(path.dirname(file), { recursive: true })
  /** @type {Run} */
  const run = {
    pid: process.pid,
    startedAs: startedAs(process.pid) ?? '',
    ready: false,
    services: [],
    ...about,
  }
  const holder = readRun(file)
  if (holder?.pid === process.pid) return holder
  if (!holder) fs.rmSync(file, { force: true })
  try {
    fs.writeFileSync(file, JSON.stringify(run), { flag: 'wx', mode: 0o600 })
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error
    throw new Stop(`Another ./dev is at work in ${path.dirname(file)} (pid ${holder?.pid ?? 'unknown'}).`)
  }
  return run
}

/**
 * @param {string} file
 * @param {Run} run
 */
export function writeRun(file, run) {
  // How a service is probed, with a password where it has one.
  fs.writeFileSync(`${file}.new`, JSON.stringify(run), { mode: 0o600 })
  fs.renameSync(`${file}.new`, file)
}

/** @param {string} file */
export function releaseRun(file) {
  if (readRun(file)?.pid === process.pid) fs.rmSync(file, { force: true })
}

/**
 * Field 22 of /proc/PID/stat: the start time in clock ticks since boot. Null = no such process, or it has
 * ended and waits to be reaped.
 * @param {number} pid
 * @returns {string | null}
 */
export function startedAs(pid) {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' ? null : (fields[19] ?? null)
  } catch {
    return null
  }
}
