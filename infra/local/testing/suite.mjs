// One suite: run, count, tell. Suites are run one after the other; what a suite printed is shown only when it
// failed.
import { performance } from 'node:perf_hooks'
import { say } from '../stop.mjs'

/**
 * @typedef {{level: string, name: string, passed: number, failed: number, seconds: number}} Result
 * @typedef {{code: number, output: string, timedOut: boolean}} Outcome
 */

/**
 * @param {{level: string, name: string}} suite
 * @param {() => Promise<Outcome>} run
 * @param {(outcome: Outcome) => import('./results.mjs').Counts} count
 * @returns {Promise<Result>}
 */
export async function runSuite({ level, name }, run, count) {
  const label = `${level.padEnd(11)} ${name}`
  const started = performance.now()
  const sinceStart = () => (performance.now() - started) / 1000
  const stillAtIt = setInterval(() => say(`${label}: still running, ${Math.round(sinceStart())} s`), 30_000)
  let outcome
  try {
    outcome = await run()
  } finally {
    clearInterval(stillAtIt)
  }
  const { passed, failed } = count(outcome)
  const seconds = sinceStart()
  if (failed > 0) {
    process.stderr.write(outcome.output)
    if (outcome.timedOut) say(`${label} did not end in time and was stopped.`)
  }
  say(`${label.padEnd(56)} ${passed} passed, ${failed} failed in ${seconds.toFixed(1)} s`)
  return { level, name, passed, failed, seconds }
}

/**
 * The table at the end (without what has no tests) and, as the very last line, the sum.
 * @param {Result[]} results
 * @returns {string}
 */
export function report(results) {
  const shown = results.filter(({ passed, failed }) => passed + failed > 0)
  const width = Math.max(...shown.map(({ name }) => name.length), 5)
  const rows = shown.map(
    ({ level, name, passed, failed, seconds }) =>
      `${level.padEnd(11)}  ${name.padEnd(width)}  ${cell(passed)}  ${cell(failed)}  ${cell(seconds.toFixed(1))}`,
  )
  const sum = (/** @type {'passed' | 'failed'} */ key) => results.reduce((total, one) => total + one[key], 0)
  const header = `${'level'.padEnd(11)}  ${'suite'.padEnd(width)}  ${cell('passed')}  ${cell('failed')}  ${cell('s')}`
  return [header, ...rows, '', `${sum('passed')} passed, ${sum('failed')} failed`].join('\n')
}

/** @param {string | number} value */
function cell(value) {
  return String(value).padStart(7)
}
