// What a supervisor that was killed left behind in a data folder is ended before anything is started there.
// Called first by whatever starts services: up, test, bench.
import { setTimeout as wait } from 'node:timers/promises'
import { signalGroup } from './processes.mjs'
import { leftBehind } from './run_file.mjs'
import { Stop, say } from './stop.mjs'

/** They were told to end when their supervisor did. */
const END_WITHIN_MS = 10_000
const KILLED_WITHIN_MS = 5000
const BETWEEN_LOOKS_MS = 50

/**
 * @param {string} runFile
 * @param {{endWithinMs?: number}} [options]
 */
export async function endLeftovers(runFile, { endWithinMs = END_WITHIN_MS } = {}) {
  for (const { pid } of leftBehind(runFile)) signalAll(pid, 'SIGCONT') // one that stands still hears no other signal
  if (await allEnded(runFile, endWithinMs)) return
  for (const { name, pid } of leftBehind(runFile)) {
    say(`${name} (pid ${pid}) was left behind by a supervisor that was killed, and is ended.`)
    signalAll(pid, 'SIGKILL')
  }
  if (await allEnded(runFile, KILLED_WITHIN_MS)) return
  const left = leftBehind(runFile).map(({ name, pid }) => `${name} (pid ${pid})`)
  throw new Stop(`Left behind by a supervisor that was killed, and not to be ended: ${left.join(', ')}.`)
}

/**
 * @param {string} runFile
 * @param {number} withinMs
 */
async function allEnded(runFile, withinMs) {
  const deadline = performance.now() + withinMs
  while (leftBehind(runFile).length > 0) {
    if (performance.now() > deadline) return false
    await wait(BETWEEN_LOOKS_MS)
  }
  return true
}

/**
 * @param {number | null} pid
 * @param {NodeJS.Signals} signal
 */
function signalAll(pid, signal) {
  if (pid !== null) signalGroup(pid, signal)
}
