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
 * @property {string} redisPassword
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
    // Only once somebody asks: `./dev help` makes no secrets.
    get redisPassword() {
      return readSecret(this, 'REDIS_PASSWORD')
    },
    get redisUrl() {
      return `redis://:${encodeURIComponent(this.redisPassword)}@127.0.0.1:${ports.redis}`
    },
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
  // Nobody is written to by a test, and its origin is http. Not there at all: an empty one is a value, too.
  const {
    PUBLIC_ORIGIN: _,
    SMTP_URL: __,
    TLS_CERTIFICATE: ___,
    TLS_CERTIFICATE_KEY: ____,
    ...given
  } = settings.env
  return readSettings({
    ...given,
    PORT_BASE: String(own.portBase),
    DATA_DIR: own.dataDir,
  })
}

/**
 * The data folder, for nobody else's eyes: sessions, mails and logs are in it. Also one that an earlier release made.
 * @param {{dataDir: string}} settings
 */
export function ownDataFolder({ dataDir }) {
  fs.mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  fs.chmodSync(dataDir, 0o700)
}

/** Where the staff token is, for people and scripts: `$(cat .local/staff-token)`. @param {Settings} settings */
export function staffTokenFile(settings) {
  return path.join(settings.dataDir, 'staff-token')
}

/** Why the shop stopped by itself the last time: one that ran in the background told nobody. @param {Settings} settings */
export function whyItStoppedFile(settings) {
  return path.join(settings.dataDir, 'why-it-stopped')
}

/** Files of the data folder. `POSTGRES_PASSWORD` is what the passwords of all database users are made from. */
export const SECRET_FILES = {
  STAFF_TOKEN: 'staff-token',
  GUEST_COOKIE_KEY: 'guest-cookie-key',
  SECOND_FACTOR_KEY: 'second-factor-key',
  POSTGRES_PASSWORD: 'postgres-password',
  REDIS_PASSWORD: 'redis-password',
}

/**
 * A secret that nobody gave is made once and kept in the data folder, so that sessions, scripts and stores outlive a
 * restart.
 * @param {{env: NodeJS.ProcessEnv, dataDir: string}} settings
 * @param {keyof typeof SECRET_FILES} name
 */
export function readSecret({ env, dataDir }, name) {
  const file = path.join(dataDir, SECRET_FILES[name])
  const kept = fs.existsSync(file) ? fs.readFileSync(file, 'utf8').trim() : ''
  const value = env[name] || kept || randomBytes(32).toString('base64url')
  if (value !== kept) {
    fs.mkdirSync(dataDir, { recursive: true, mode: 0o700 })
    fs.writeFileSync(file, `${value}\n`, { mode: 0o600 })
  }
  return value
}

/**
 * What the Rust processes and the tools beside them (`verify`, `rebuild`) read from their environment. Where the database is, each is told
 * by itself: see services/database_roles.mjs.
 * @param {Settings} settings
 */
export function processEnv(settings) {
  const { ports } = settings
  // Nobody who runs for good is told what makes the passwords of all.
  const { POSTGRES_PASSWORD: _, REDIS_PASSWORD: __, ...given } = settings.env
  return {
    // Every shopper of a developer's machine comes from one address: `./dev load` is thousands of them, and their carts are large.
    GUEST_LIMIT_PER_SECOND: '1000000',
    SESSION_LIMIT_PER_SECOND: '10000',
    SIGN_UPS_PER_NETWORK: '100000',
    MAILS_PER_NETWORK: '100000',
    UNPAID_UNITS: '100000',
    UNPAID_ORDERS_PER_NETWORK: '1000000',
    UNPAID_UNITS_PER_NETWORK: '1000000000',
    LIVE_STREAMS_PER_NETWORK: '5000',
    ...given,
    STAFF_TOKEN: readSecret(settings, 'STAFF_TOKEN'),
    GUEST_COOKIE_KEY: readSecret(settings, 'GUEST_COOKIE_KEY'),
    SECOND_FACTOR_KEY: readSecret(settings, 'SECOND_FACTOR_KEY'),
    KAFKA_BROKERS: settings.kafkaBrokers,
    REDIS_URL: settings.redisUrl,
    SESSIONS_REDIS_URL: settings.redisUrl,
    PUBLIC_ORIGIN: settings.publicOrigins.join(','),
    SMTP_URL: settings.env.SMTP_URL || `smtp://127.0.0.1:${ports.mail}`,
    COMMAND_API_PORT: String(ports.commandApi),
    QUERY_API_PORT: String(ports.queryApi),
  }
}
