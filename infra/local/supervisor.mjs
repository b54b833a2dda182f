// Starts services, watches them, stops them in the opposite order. It knows nothing of what they are:
// shop.mjs says which and in which order, and gets a promise that settles when one of them ends by itself.
import fs from 'node:fs'
import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { whyNotReady } from './probes.mjs'
import { lastLines, outOfSpace, signalGroup, startService } from './processes.mjs'
import { Stop } from './stop.mjs'

/**
 * @typedef {object} Service
 * @property {string} name also of its log
 * @property {string} url where it can be reached, for people
 * @property {import('./processes.mjs').Command} command
 * @property {import('./probes.mjs').Probe} probe
 * @property {() => void | Promise<void>} [prepare] before its start: folders, configuration
 * @property {NodeJS.Signals} [stopSignal] default TERM
 * @property {number} [readyWithinMs]
 */

const READY_WITHIN_MS = 60_000
const STOP_WITHIN_MS = 20_000
const BETWEEN_PROBES_MS = 100

/**
 * @param {{logsDir: string, onChange?: (running: {service: Service, pid: number}[]) => void}} options
 */
export function newSupervisor({ logsDir, onChange = () => {} }) {
  /** @type {{service: Service, pid: number, turn: number, ended: Promise<void>}[]} */
  let running = []
  let turns = 0
  let stopping = false
  /** @type {(stop: Stop) => void} */
  let reportCrash
  /** Settles when a service ends that nobody stopped. */
  const crashed = new Promise((/** @type {(stop: Stop) => void} */ resolve) => (reportCrash = resolve))

  const logFile = (/** @type {Service} */ service) => path.join(logsDir, `${service.name}.log`)

  /**
   * Starts one service and returns when it is ready.
   * @param {Service} service
   */
  async function start(service) {
    const turn = turns++ // that of the call: preparing takes longer for some
    await service.prepare?.()
    if (stopping) throw new Stop('Stopped while starting.')
    const child = startService(service.command, logFile(service))
    /** @type {Promise<void>} */
    const ended = new Promise((resolve) => {
      child.once('error', (error) => {
        reportCrash(new Stop(`${service.name} cannot be started: ${error.message}`))
        resolve()
      })
      child.once('exit', (code, signal) => {
        running = running.filter((one) => one.pid !== child.pid)
        if (!stopping) reportCrash(crash(service, signal ? `signal ${signal}` : `exit code ${code}`))
        resolve()
      })
    })
    if (child.pid === undefined) throw await crashed
    running.push({ service, pid: child.pid, turn, ended })
    onChange(running)
    await untilReady(service)
  }

  /** @param {Service} service */
  async function untilReady(service) {
    const within = service.readyWithinMs ?? READY_WITHIN_MS
    const deadline = Date.now() + within
    let reason = 'it was not asked yet'
    while (Date.now() < deadline) {
      const outcome = await Promise.race([crashed, whyNotReady(service.probe)])
      if (outcome instanceof Stop) throw outcome
      if (outcome === null) return
      reason = outcome
      await wait(BETWEEN_PROBES_MS)
    }
    throw new Stop(`${service.name} was not ready within ${within / 1000} s: ${reason}${logTail(service)}`)
  }

  /**
   * @param {Service} service
   * @param {string} how
   */
  function crash(service, how) {
    const full = outOfSpace(readLog(service))
    return new Stop(
      `${service.name} ended by itself (${how}), so everything was stopped.${full}${logTail(service)}`,
    )
  }

  const readLog = (/** @type {Service} */ service) =>
    fs.existsSync(logFile(service)) ? fs.readFileSync(logFile(service), 'utf8') : ''

  const logTail = (/** @type {Service} */ service) =>
    `${lastLines(readLog(service), 10)}\nAll of it: ${logFile(service)}`

  /** Stops what runs, the last started first, each within a bounded time. @param {(name: string) => void} [progress] */
  async function stopAll(progress = () => {}) {
    stopping = true
    for (const one of running.toSorted((a, b) => b.turn - a.turn)) {
      progress(one.service.name)
      signalGroup(one.pid, one.service.stopSignal ?? 'SIGTERM')
      const inTime = await Promise.race([
        one.ended.then(() => true),
        wait(STOP_WITHIN_MS, false, { ref: false }),
      ])
      if (!inTime) progress(`${one.service.name} (it did not stop by itself: killed)`)
      signalGroup(one.pid, 'SIGKILL') // also whatever is left of its group
      await one.ended
    }
    onChange([])
  }

  return { start, stopAll, crashed }
}
