// Looks at services that run: one that has not been ready for a minute is reported, once; one that does not even
// answer whether it is alive, although all that it needs is there, is ended, so that the supervisor starts it
// again. Part of supervisor.mjs.
import fs from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { whyNotReady } from './probes.mjs'
import { signalGroup } from './processes.mjs'

/** @typedef {{everyMs: number, patienceMs: number}} Patience */

/** @type {Patience} */
const USUAL = { everyMs: 5000, patienceMs: 60_000 }

/**
 * @param {{patience: Partial<Patience>, signal: AbortSignal,
 *   tell: (service: import('./supervisor.mjs').Service, line: string) => void,
 *   needsAreReady: (service: import('./supervisor.mjs').Service) => Promise<boolean>}} options
 */
export function newHealthWatch({ patience, signal, tell, needsAreReady }) {
  const { everyMs, patienceMs } = { ...USUAL, ...patience }

  /**
   * Until the signal.
   * @param {import('./supervisor.mjs').Running} one
   */
  async function over(one) {
    const unready = stretch()
    const deaf = stretch()
    let reported = false
    while (!signal.aborted) {
      await wait(everyMs, null, { signal, ref: false }).catch(() => {})
      const { service, pid } = one
      const reason = pid === null ? null : await whyNotReady(service.probe)
      if (reason !== null && unready.lasts(pid) > patienceMs && !reported) {
        tell(service, `${service.name} has not been healthy for ${patienceMs / 1000} s: ${reason}`)
        reported = true
      }
      if (reason === null) {
        if (reported && pid !== null) tell(service, `${service.name} is healthy again.`)
        reported &&= pid === null
        unready.ends()
      }
      if (pid !== null && reason !== null && (await isDeaf(service, pid))) {
        if (deaf.lasts(pid) > patienceMs && one.pid === pid && !signal.aborted) {
          tell(
            service,
            `${service.name} has not answered for ${patienceMs / 1000} s and is ended, to be started again.`,
          )
          signalGroup(pid, 'SIGKILL')
          deaf.ends()
        }
      } else {
        deaf.ends()
      }
    }
  }

  /**
   * @param {import('./supervisor.mjs').Service} service
   * @param {number} pid
   */
  async function isDeaf(service, pid) {
    if (!service.alive || isTraced(pid)) return false
    const [silent, needed] = await Promise.all([whyNotReady(service.alive), needsAreReady(service)])
    return silent !== null && needed
  }

  return { over }
}

/** For how long something has held of one process, by a clock that stands while the machine sleeps. */
function stretch() {
  /** @type {number | null} */
  let of = null
  let since = 0
  return {
    /** @param {number | null} pid */
    lasts(pid) {
      if (of !== pid) {
        of = pid
        since = performance.now()
      }
      return performance.now() - since
    },
    ends() {
      of = null
    },
  }
}

/** Whether a debugger holds it: then it stands still on purpose. @param {number} pid */
function isTraced(pid) {
  try {
    return !/^TracerPid:\s*0$/m.test(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false // it has just ended
  }
}
