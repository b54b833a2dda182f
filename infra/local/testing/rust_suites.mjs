// The Rust tests, one executable after the other, as cargo would run them: in their package's folder, with
// cargo's variables.
import os from 'node:os'
import path from 'node:path'
import { run } from '../processes.mjs'
import { SUPERUSER, databaseUrl } from '../services/database_roles.mjs'
import { localstripeUrl } from '../services/localstripe.mjs'
import { mailFolder } from '../services/mail.mjs'
import { postgresBin } from '../services/postgres.mjs'
import { libtestCounts } from './results.mjs'
import { runSuite } from './suite.mjs'

/** @typedef {import('../settings.mjs').Settings} Settings */
/** @typedef {import('../rust.mjs').TestTarget} TestTarget */

const EXECUTABLE_WITHIN_MS = 40 * 60_000
/** Most of a test is waiting for PostgreSQL, Redis and Kafka, so there may be more of them than processors. System tests fill the machine. */
const AT_THE_SAME_TIME = String(2 * os.availableParallelism())

/**
 * @param {TestTarget} target
 * @returns {'unit' | 'integration' | 'system'}
 */
export function levelOf(target) {
  if (target.package === 'system-tests') return target.kind === 'test' ? 'system' : 'unit'
  if (target.package === 'domain') return 'unit' // pure: its tests/ need nothing either
  return target.kind === 'test' ? 'integration' : 'unit'
}

/**
 * @param {Settings} settings
 * @param {TestTarget} target
 * @param {string} filter
 */
export function runRustTarget(settings, target, filter) {
  const level = levelOf(target)
  const name = nameOf(target)
  return runSuite(
    { level, name },
    () =>
      run({
        argv: [target.executable, ...(filter ? [filter] : [])],
        cwd: target.folder,
        env: {
          ...(level === 'system' ? {} : { RUST_TEST_THREADS: AT_THE_SAME_TIME }),
          ...testEnv(settings),
          CARGO_MANIFEST_DIR: target.folder,
          CARGO_PKG_NAME: target.package,
        },
        output: 'capture',
        logFile: path.join(settings.logsDir, `test-${name.replace(/[^\w-]+/g, '-')}.log`),
        timeoutMs: EXECUTABLE_WITHIN_MS,
      }),
    ({ output, code }) => libtestCounts(output, code),
  )
}

/** @param {TestTarget} target `domain/tests/cart`, `session`, `system-tests/load` */
function nameOf({ package: owner, kind, target }) {
  if (kind === 'test') return `${owner}/tests/${target}`
  return kind === 'bin' ? `${owner}/${target}` : owner
}

/**
 * Where the services are that run for tests. Not what a shop's processes are told: a test that starts one says so
 * itself, and must not find it configured already.
 * @param {Settings} settings
 */
function testEnv(settings) {
  return {
    ...settings.env,
    // Tests make databases, and tamper with them.
    TEST_DATABASE_URL: databaseUrl(settings, SUPERUSER),
    TEST_REDIS_URL: settings.redisUrl,
    TEST_KAFKA_BROKERS: settings.kafkaBrokers,
    TEST_LOCALSTRIPE_URL: localstripeUrl(settings),
    TEST_SMTP_URL: `smtp://127.0.0.1:${settings.ports.mail}`,
    TEST_MAIL_FOLDER: mailFolder(settings),
    CARTWRIGHT_BIN_DIR: settings.binDir,
    // For tests that kill a server: they start one of their own.
    TEST_KAFKA_JARS: settings.kafkaDir,
    TEST_POSTGRES_BIN: postgresBin(),
  }
}
