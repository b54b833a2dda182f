// The tests that Node runs: this folder's own, the storefront's components, and the browser against a whole
// shop.
import fs from 'node:fs'
import path from 'node:path'
import { filesBelow } from '../digest.mjs'
import { run } from '../processes.mjs'
import { mailFolder } from '../services/mail.mjs'
import { ROOT, processEnv } from '../settings.mjs'
import { FRONTEND } from '../storefront.mjs'
import { playwrightCounts, tapCounts, vitestCounts } from './results.mjs'
import { runSuite } from './suite.mjs'

/** @typedef {import('../settings.mjs').Settings} Settings */

const MINUTE_MS = 60_000

/**
 * @param {Settings} settings
 * @param {string} filter
 */
export function runInfraTests(settings, filter) {
  const files = filesBelow(path.join(ROOT, 'infra/local')).filter((file) => file.endsWith('.test.mjs'))
  const chosen = filter ? ['--test-name-pattern', filter] : []
  return runSuite(
    { level: 'unit', name: 'infra/local' },
    () =>
      run({
        argv: [process.execPath, '--test', '--test-reporter=tap', ...chosen, ...files],
        env: withoutTestContext(settings.env),
        output: 'capture',
        timeoutMs: 10 * MINUTE_MS,
      }),
    ({ output, code }) => withoutUnchosen(tapCounts(output, code), filter, code),
  )
}

/**
 * @param {Settings} settings
 * @param {string} filter
 */
export function runVitest(settings, filter) {
  const reportFile = freshFile(settings, 'vitest.json')
  const chosen = filter ? ['--testNamePattern', filter, '--passWithNoTests'] : []
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`]
  return runSuite(
    { level: 'unit', name: 'storefront' },
    () =>
      run({
        argv: ['npx', '--no-install', 'vitest', 'run', ...reporters, ...chosen],
        cwd: FRONTEND,
        env: settings.env,
        output: 'capture',
        timeoutMs: 15 * MINUTE_MS,
      }),
    ({ code }) => withoutUnchosen(vitestCounts(read(reportFile), code), filter, code),
  )
}

/**
 * Expects the shop of these settings to run.
 * @param {Settings} settings
 * @param {string} filter
 */
export function runPlaywright(settings, filter) {
  const reportFile = freshFile(settings, 'playwright.json')
  const chosen = filter ? ['--grep', filter, '--pass-with-no-tests'] : []
  return runSuite(
    { level: 'ui', name: 'storefront in Chromium' },
    () =>
      run({
        argv: ['npx', '--no-install', 'playwright', 'test', '--reporter=list,json', ...chosen],
        cwd: FRONTEND,
        env: {
          ...processEnv(settings),
          SHOP_URL: settings.publicOrigins[0],
          MAIL_FOLDER: mailFolder(settings),
          PLAYWRIGHT_JSON_OUTPUT_NAME: reportFile,
        },
        output: 'capture',
        timeoutMs: 40 * MINUTE_MS,
      }),
    ({ code }) => playwrightCounts(read(reportFile), code),
  )
}

/**
 * Node reports the tests that a filter left out as skipped, Vitest as pending; they were not asked for.
 * @param {import('./results.mjs').Counts} counts
 * @param {string} filter
 * @param {number} code
 */
function withoutUnchosen(counts, filter, code) {
  return filter && code === 0 ? { ...counts, failed: 0 } : counts
}

/**
 * A test runner that finds itself inside another one reports to that instead of to us.
 * @param {NodeJS.ProcessEnv} env
 */
function withoutTestContext(env) {
  const { NODE_TEST_CONTEXT: _, ...rest } = env
  return rest
}

/**
 * @param {Settings} settings
 * @param {string} name
 */
function freshFile(settings, name) {
  const file = path.join(settings.logsDir, name)
  fs.mkdirSync(settings.logsDir, { recursive: true })
  fs.rmSync(file, { force: true })
  return file
}

/** @param {string} file */
function read(file) {
  return fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : null
}
