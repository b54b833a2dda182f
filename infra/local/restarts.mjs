// When a service that ended is started again: the rule alone, without processes and without a clock. Asked by
// supervisor.mjs.

const FIRST_WAIT_MS = 1000
const LONGEST_WAIT_MS = 10_000
const WINDOW_MS = 60_000

/** So many restarts within a minute, or one after the other without ever becoming healthy, are tried. */
export const MOST_RESTARTS = 5

/** @typedef {ReturnType<typeof newRestartRule>} RestartRule */

/** @param {{firstWaitMs?: number}} [options] */
export function newRestartRule({ firstWaitMs = FIRST_WAIT_MS } = {}) {
  /** @type {number[]} the times of the ends that still count */
  let ends = []
  let withoutHealth = 0

  return {
    /**
     * @param {number} now any clock that never goes back, in milliseconds
     * @returns {number | null} how long to wait before the next start; null = give up
     */
    afterEnd(now) {
      ends = [...ends.filter((end) => now - end < WINDOW_MS), now]
      withoutHealth += 1
      const failures = Math.max(ends.length, withoutHealth)
      if (failures > MOST_RESTARTS) return null
      return Math.min(firstWaitMs * 2 ** (failures - 1), LONGEST_WAIT_MS)
    },

    becameHealthy() {
      withoutHealth = 0
    },
  }
}
