// Everything that can be set from outside, read once at the start of a command: ports, folders, credentials.
// The defaults work. Called by main.mjs; testing/ calls it again with ports and data of its own.
import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { portPlan } from './ports.mjs'

/** The repository. */
export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..')

/**
 * @typedef {object} Settings
 * @property {import('./ports.mjs').Ports} ports
 * @property {string} dataDir what this copy stores; `--fresh` empties it
 * @property {string} logsDir one file a service
 * @property {string} runFile who runs in this data folder (run_file.mjs)
 * @property {string} binDir the binaries this copy runs: a later build does not change them under a running shop
 * @property {string} cacheDir what copies share: Cargo's target folder, Kafka's jars, tools
 * @property {string} targetDir
 * @property {string} kafkaDir
 * @property {string} toolsDir
 * @property {string[]} publicOrigins the addresses under which browsers see the shop, the usual one first
 * @property {string} postgresPassword
 * @property {string} databaseUrl
 * @property {string} redisPassword empty = none
 * @property {string} redisUrl
 * @property {string} kafkaBrokers
 * @property {NodeJS.ProcessEnv} env
 */

/**
 * @param {NodeJS.ProcessEnv} env
 * @returns {Settings}
 */
export function readSettings(env = process.env) {
  const ports = portPlan(Number(env.PORT_BASE || 7400))
  const dataDir = path.resolve(env.DATA_DIR || path.join(ROOT, '.local'))
  const cacheDir = path.resolve(env.CARTWRIGHT_CACHE || path.join(os.homedir(), '.cache/cartwright'))
  const postgresPassword = env.POSTGRES_PASSWORD || 'cartwright'
  const redisPassword = env.REDIS_PASSWORD || ''
  const redisUser = redisPassword && `:${encodeURIComponent(redisPassword)}@`
  return {
    ports,
    dataDir,
    logsDir: path.join(dataDir, 'logs'),
    runFile: path.join(dataDir, 'run.json'),
    binDir: path.join(dataDir, 'bin'),
    cacheDir,
    targetDir: path.resolve(env.CARGO_TARGET_DIR || path.join(cacheDir, 'target')),
    kafkaDir: path.join(cacheDir, 'kafka'),
    toolsDir: path.join(cacheDir, 'tools'),
    publicOrigins: env.PUBLIC_ORIGIN
      ? env.PUBLIC_ORIGIN.split(',')
      : [`http://localhost:${ports.storefront}`, `http://127.0.0.1:${ports.storefront}`],
    postgresPassword,
    databaseUrl: `postgres://cartwright:${encodeURIComponent(postgresPassword)}@127.0.0.1:${ports.postgres}/cartwright`,
    redisPassword,
    redisUrl: `redis://${redisUser}127.0.0.1:${ports.redis}`,
    kafkaBrokers: `127.0.0.1:${ports.kafka}`,
    env,
  }
}

/**
 * The same with other ports and another data folder: what tests and benchmarks run on, beside a running shop.
 * @param {Settings} settings
 * @param {{portBase: number, dataDir: string}} own
 */
export function elsewhere(settings, own) {
  return readSettings({
    ...settings.env,
    PUBLIC_ORIGIN: '',
    SMTP_URL: '', // nobody is written to by a test
    PORT_BASE: String(own.portBase),
    DATA_DIR: own.dataDir,
  })
}

/** Where the staff token is, for people and scripts: `$(cat .local/staff-token)`. @param {Settings} settings */
export function staffTokenFile(settings) {
  return path.join(settings.dataDir, 'staff-token')
}

/** Why the shop stopped by itself the last time: one that ran in the background told nobody. @param {Settings} settings */
export function whyItStoppedFile(settings) {
  return path.join(settings.dataDir, 'why-it-stopped')
}

/**
 * Secrets that nobody gave are made once and kept in the data folder, so that sessions and scripts outlive a
 * restart.
 * @param {Settings} settings
 */
export function secrets(settings) {
  return {
    STAFF_TOKEN: secret(settings.env.STAFF_TOKEN, staffTokenFile(settings)),
    GUEST_COOKIE_KEY: secret(settings.env.GUEST_COOKIE_KEY, path.join(settings.dataDir, 'guest-cookie-key')),
  }
}

/**
 * @param {string | undefined} given
 * @param {string} file
 */
function secret(given, file) {
  const kept = fs.existsSync(file) ? fs.readFileSync(file, 'utf8').trim() : ''
  const value = given || kept || randomBytes(32).toString('base64url')
  if (value !== kept) fs.writeFileSync(file, `${value}\n`, { mode: 0o600 })
  return value
}

/**
 * What the Rust processes and the tools beside them (`verify`, `rebuild`) read from their environment.
 * @param {Settings} settings
 */
export function processEnv(settings) {
  const { ports } = settings
  return {
    // Every shopper of a developer's machine comes from one address: `./dev load` is thousands of them.
    SESSION_LIMIT_PER_SECOND: '10000',
    ...settings.env,
    ...secrets(settings),
    DATABASE_URL: settings.databaseUrl,
    KAFKA_BROKERS: settings.kafkaBrokers,
    REDIS_URL: settings.redisUrl,
    SESSIONS_REDIS_URL: settings.redisUrl,
    PUBLIC_ORIGIN: settings.publicOrigins.join(','),
    SMTP_URL: settings.env.SMTP_URL || `smtp://127.0.0.1:${ports.mail}`,
    COMMAND_API_PORT: String(ports.commandApi),
    QUERY_API_PORT: String(ports.queryApi),
  }
}
