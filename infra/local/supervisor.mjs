// Starts services, watches them, stops them in the opposite order. It knows nothing of what they are:
// shop.mjs says which and in which order, and gets a promise that settles when one of them ends for good.
//
// With a rule for restarts, a service that was ready once and ends by itself is started again with its data, after a
// wait that grows (restarts.mjs); only one that does not stay up ends the whole. Without (tests, benchmarks)
// the first end is the last: whatever was measured or tested then counts for nothing.
import { setMaxListeners } from 'node:events'
import fs from 'node:fs'
import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { newHealthWatch } from './health_watch.mjs'
import { whyNotReady } from './probes.mjs'
import { appendLine, lastLines, outOfSpace, signalGroup, startService } from './processes.mjs'
import { MOST_RESTARTS } from './restarts.mjs'
import { startedAs } from './run_file.mjs'
import { Stop, say } from './stop.mjs'

/**
 * @typedef {object} Service
 * @property {string} name also of its log
 * @property {string} url where it can be reached, for people
 * @property {import('./processes.mjs').Command} command
 * @property {import('./probes.mjs').Probe} probe ready?
 * @property {import('./probes.mjs').Probe} [alive] where this fails for long, the process is ended and
 *   started again; default: it is only reported
 * @property {string[]} [needs] the services that have to be ready before this one is started again
 * @property {() => void | Promise<void>} [clearLeftovers] before each start: what a process that was killed
 *   left behind and what would keep the next one from starting
 * @property {() => void | Promise<void>} [prepare] before the first start: folders, configuration
 * @property {NodeJS.Signals} [stopSignal] default TERM
 * @property {number} [readyWithinMs]
 */

/**
 * A service and what became of it so far.
 * @typedef {object} Running
 * @property {Service} service
 * @property {number} turn in which order it was started
 * @property {number | null} pid null = it is down and waits to be started again
 * @property {string} startedAs see run_file.mjs
 * @property {string} since when it was started, or when it ended; ISO 8601
 * @property {number} restarts
 * @property {string | null} lastEnd how its last process ended, if one did
 * @property {boolean} ready whether this process was ready at least once
 * @property {Promise<string>} ended settles with how its process ended
 */

const READY_WITHIN_MS = 60_000
const STOP_WITHIN_MS = 20_000
const BETWEEN_PROBES_MS = 100
/** A service that is needed and does not come back is not waited for without end: the start then says what is missing. */
const NEEDS_WITHIN_MS = 120_000

/**
 * @param {{logsDir: string, restartRule?: () => import('./restarts.mjs').RestartRule, onChange?: (running: Running[]) => void,
 *   healthWatch?: Partial<import('./health_watch.mjs').Patience>}} options
 */
export function newSupervisor({ logsDir, restartRule, onChange = () => {}, healthWatch = {} }) {
  /** @type {Running[]} */
  let running = []
  let turns = 0
  const stopping = new AbortController()
  setMaxListeners(0, stopping.signal) // every wait of every service ends with it
  /** @type {(stop: Stop) => void} */
  let reportCrash
  /** Settles when a service ends that nobody stopped and that is not started again. */
  const crashed = new Promise((/** @type {(stop: Stop) => void} */ resolve) => (reportCrash = resolve))
  const logFile = (/** @type {Service} */ service) => path.join(logsDir, `${service.name}.log`)
  const watch = newHealthWatch({ patience: healthWatch, signal: stopping.signal, tell, needsAreReady })

  /**
   * Starts one service and returns when it is ready.
   * @param {Service} service
   */
  async function start(service) {
    const turn = turns++ // that of the call: preparing takes longer for some
    await service.clearLeftovers?.()
    await service.prepare?.()
    if (stopping.signal.aborted) throw new Stop('Stopped while starting.')
    /** @type {Running} */
    const one = {
      ...{ service, turn, pid: null, startedAs: '', since: now(), restarts: 0, lastEnd: null, ready: false },
      ended: Promise.resolve(''),
    }
    running.push(one)
    launch(one, { append: false })
    const first = await Promise.race([one.ended, untilReady(one)])
    if (typeof first === 'string') {
      reportCrash(crash(one))
      throw await crashed
    }
    becameReady(one)
    if (restartRule) void watch.over(one)
    void keepUp(one)
  }

  /**
   * @param {Running} one
   * @param {{append: boolean}} log
   */
  function launch(one, { append }) {
    const child = startService(one.service.command, logFile(one.service), { append })
    const { pid } = child
    Object.assign(one, { pid: pid ?? null, startedAs: startedAs(pid ?? 0) ?? '', since: now(), ready: false })
    one.ended = new Promise((resolve) => {
      const end = (/** @type {string} */ how) => {
        if (pid !== undefined) signalGroup(pid, 'SIGKILL') // whatever it started itself goes with it
        Object.assign(one, { pid: null, since: now(), lastEnd: how })
        resolve(how)
        if (!stopping.signal.aborted) onChange(running)
      }
      child.once('error', (error) => end(`not started: ${error.message}`))
      child.once('exit', (code, signal) => end(signal ? `signal ${signal}` : `exit code ${code}`))
    })
    onChange(running)
  }

  /** @param {Running} one */
  async function untilReady({ service }) {
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

  /** @param {Running} one */
  function becameReady(one) {
    one.ready = true
    onChange(running)
  }

  /**
   * From the moment it was ready first until everything is stopped.
   * @param {Running} one
   */
  async function keepUp(one) {
    const rule = restartRule?.()
    for (;;) {
      await one.ended
      if (stopping.signal.aborted) return
      if (!rule) return reportCrash(crash(one))
      const pause = rule.afterEnd(performance.now())
      if (pause === null) return reportCrash(givenUp(one))
      tell(
        one.service,
        `${one.service.name} ended by itself (${one.lastEnd}) and is started again in ${pause / 1000} s.`,
      )
      try {
        await wait(pause, null, { signal: stopping.signal })
        await untilNeedsAreReady(one.service)
        await one.service.clearLeftovers?.()
        if (stopping.signal.aborted) return
        one.restarts += 1
        launch(one, { append: true })
      } catch (error) {
        if (stopping.signal.aborted) return
        return reportCrash(new Stop(`${one.service.name} cannot be started again: ${error}`))
      }
      void untilReadyAgain(one).then((back) => back && rule.becameHealthy())
    }
  }

  /**
   * However long that takes: a store may have to recover first. One that never gets there is the health watch's to report.
   * @param {Running} one
   * @returns {Promise<boolean>} false: its process ended before
   */
  async function untilReadyAgain(one) {
    const { pid } = one
    const began = Date.now()
    while (pid !== null && one.pid === pid && !stopping.signal.aborted) {
      if ((await whyNotReady(one.service.probe)) === null && one.pid === pid) {
        becameReady(one)
        const seconds = ((Date.now() - began) / 1000).toFixed(1)
        tell(
          one.service,
          `${one.service.name} is back, ${seconds} s after its start (restart ${one.restarts}).`,
        )
        return true
      }
      await wait(BETWEEN_PROBES_MS)
    }
    return false
  }

  /** @param {Service} service */
  async function needsAreReady({ needs = [] }) {
    const needed = running.filter(({ service }) => needs.includes(service.name))
    const reasons = await Promise.all(needed.map(({ service }) => whyNotReady(service.probe)))
    return reasons.every((reason) => reason === null)
  }

  /** @param {Service} service */
  async function untilNeedsAreReady(service) {
    const deadline = Date.now() + NEEDS_WITHIN_MS
    while (Date.now() < deadline && !(await needsAreReady(service))) {
      await wait(BETWEEN_PROBES_MS, null, { signal: stopping.signal })
    }
  }

  /**
   * Into the service's own log, and once to whoever looks at ours.
   * @param {Service} service
   * @param {string} line
   */
  function tell(service, line) {
    appendLine(logFile(service), `${now()} supervisor: ${line}`)
    say(line)
  }

  /** @param {Running} one */
  function crash({ service, lastEnd }) {
    const full = outOfSpace(readLog(service))
    return new Stop(
      `${service.name} ended by itself (${lastEnd}), so everything was stopped.${full}${logTail(service)}`,
    )
  }

  /** @param {Running} one */
  function givenUp({ service, lastEnd }) {
    const full = outOfSpace(readLog(service))
    return new Stop(
      `${service.name} was started again ${MOST_RESTARTS} times and did not stay up (the last time: ${lastEnd}), so ` +
        `everything was stopped: read ${logFile(service)}, mend what it complains of, and run ./dev up again; ` +
        `the data is kept.${full}${lastLines(readLog(service), 10)}`,
    )
  }

  const readLog = (/** @type {Service} */ service) =>
    fs.existsSync(logFile(service)) ? fs.readFileSync(logFile(service), 'utf8') : ''

  const logTail = (/** @type {Service} */ service) =>
    `${lastLines(readLog(service), 10)}\nAll of it: ${logFile(service)}`

  /** Stops what runs, the last started first, each within a bounded time. @param {(name: string) => void} [progress] */
  async function stopAll(progress = () => {}) {
    stopping.abort()
    for (const { service, pid, ended } of running.toSorted((a, b) => b.turn - a.turn)) {
      if (pid === null) continue
      progress(service.name)
      signalGroup(pid, service.stopSignal ?? 'SIGTERM')
      signalGroup(pid, 'SIGCONT') // one that stands still hears no other signal
      const inTime = await Promise.race([ended.then(() => true), wait(STOP_WITHIN_MS, false, { ref: false })])
      if (!inTime) progress(`${service.name} (it did not stop by itself: killed)`)
      signalGroup(pid, 'SIGKILL') // also whatever is left of its group
      await ended
    }
    running = []
    onChange(running)
  }

  return { start, stopAll, crashed }
}

function now() {
  return new Date().toISOString()
}
