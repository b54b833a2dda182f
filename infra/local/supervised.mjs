// Work that needs services: they are started, the work is done, and whatever happens (the end of the work,
// Ctrl-C, a signal, a service that ends by itself) they are stopped again in order. `up` and `test` are both
// this.
import { claimRun, releaseRun, writeRun } from './run_file.mjs'
import { Stop, say } from './stop.mjs'
import { newSupervisor } from './supervisor.mjs'

/** @typedef {import('./settings.mjs').Settings} Settings */

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP']

/** Until services run, a signal just ends us; run() then ends its child. Called by main.mjs. */
export function endOnSignals() {
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      say(`Ended by ${signal}.`)
      process.exit(130)
    })
  }
}

/** Ctrl-C reaches the child as well, which decides; its exit code is ours. */
export function leaveSignalsToTheChild() {
  process.removeAllListeners('SIGINT').on('SIGINT', () => {})
}

/**
 * @template T
 * @param {Settings} settings
 * @param {(supervisor: ReturnType<typeof newSupervisor>, ready: () => void) => Promise<T>} work
 * @param {{restartRule?: () => import('./restarts.mjs').RestartRule}} [options] see supervisor.mjs
 * @returns {Promise<T | 'told to stop'>}
 */
export async function supervised(settings, work, { restartRule } = {}) {
  const run = claimRun(settings.runFile, {
    storefront: settings.publicOrigins[0],
    portBase: settings.ports.storefront,
  })
  const supervisor = newSupervisor({
    logsDir: settings.logsDir,
    restartRule,
    onChange: (running) => {
      run.services = running.map(
        ({ service: { name, url, probe }, pid, startedAs, since, restarts, lastEnd }) => {
          return { name, url, probe, pid, startedAs, since, restarts, lastEnd }
        },
      )
      writeRun(settings.runFile, run)
    },
  })
  const ready = () => {
    run.ready = true
    writeRun(settings.runFile, run)
  }
  try {
    const done = work(supervisor, ready)
    done.catch(() => {}) // work that is abandoned may fail
    const outcome = await Promise.race([done, supervisor.crashed, untilTold()])
    if (outcome instanceof Stop) throw outcome
    return outcome
  } finally {
    await supervisor.stopAll((name) => say(`Stopping ${name}`))
    releaseRun(settings.runFile)
  }
}

/** @returns {Promise<'told to stop'>} a second signal does not hurry what is being stopped in order */
function untilTold() {
  return new Promise((resolve) => {
    for (const signal of SIGNALS) process.removeAllListeners(signal).on(signal, () => resolve('told to stop'))
  })
}
