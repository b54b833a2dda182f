// What test runners print or write, as numbers. One rule for all of them: whatever was not run and passed
// counts as failed, so an ignored test, a suite that died and a file that could not be loaded are all seen in
// the last line.

/** @typedef {{passed: number, failed: number}} Counts */

/**
 * One libtest executable.
 * @param {string} output
 * @param {number} exitCode
 * @returns {Counts}
 */
export function libtestCounts(output, exitCode) {
  const last = [...output.matchAll(/^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored;/gm)].at(-1)
  if (!last) {
    // It died before its last line: what had passed by then did pass, and the death is a failure.
    const passed = [...output.matchAll(/^test .+ \.\.\. ok$/gm)].length
    return { passed, failed: 1 }
  }
  const failed = Number(last[2]) + Number(last[3])
  return { passed: Number(last[1]), failed: atLeastOne(failed, exitCode) }
}

/**
 * Vitest's JSON report.
 * @param {string | null} report null = it wrote none
 * @param {number} exitCode
 * @returns {Counts}
 */
export function vitestCounts(report, exitCode) {
  if (report === null) return { passed: 0, failed: 1 }
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = JSON.parse(report)
  const unloadable = testResults.filter(
    (/** @type {{status: string, assertionResults: unknown[]}} */ file) =>
      file.status === 'failed' && file.assertionResults.length === 0,
  ).length
  const failed = numFailedTests + numPendingTests + numTodoTests + unloadable
  return { passed: numPassedTests, failed: atLeastOne(failed, exitCode) }
}

/**
 * Playwright's JSON report. A test that passed only when repeated has failed.
 * @param {string | null} report
 * @param {number} exitCode
 * @returns {Counts}
 */
export function playwrightCounts(report, exitCode) {
  if (report === null) return { passed: 0, failed: 1 }
  const { stats, errors = [] } = JSON.parse(report)
  const failed = stats.unexpected + stats.flaky + stats.skipped + errors.length
  return { passed: stats.expected, failed: atLeastOne(failed, exitCode) }
}

/**
 * The closing lines of `node --test` as TAP.
 * @param {string} output
 * @param {number} exitCode
 * @returns {Counts}
 */
export function tapCounts(output, exitCode) {
  const count = (/** @type {string} */ word) =>
    Number(new RegExp(`^# ${word} (\\d+)$`, 'm').exec(output)?.[1] ?? 0)
  const failed = count('fail') + count('cancelled') + count('skipped') + count('todo')
  return { passed: count('pass'), failed: atLeastOne(failed, exitCode) }
}

/**
 * A runner that ends badly has failed at something, whatever it counted.
 * @param {number} failed
 * @param {number} exitCode
 */
function atLeastOne(failed, exitCode) {
  return exitCode === 0 ? failed : Math.max(1, failed)
}
