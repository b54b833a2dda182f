// A whole shop: what `up` and the browser tests start, in which order, and what has to be there first.
import fs from 'node:fs'
import path from 'node:path'
import { requireFree } from './ports.mjs'
import { mustRun } from './processes.mjs'
import { fetchKafkaJars } from './kafka_jars.mjs'
import { buildBinaries } from './rust.mjs'
import { binary, commandApi, projectors, queryApi } from './services/binaries.mjs'
import { OWNER, databaseUrl } from './services/database_roles.mjs'
import { kafka } from './services/kafka.mjs'
import { mail, mailFolder } from './services/mail.mjs'
import { checkNginxSettings, nginx } from './services/nginx.mjs'
import { fallbackFolder, postgres } from './services/postgres.mjs'
import { redis } from './services/redis.mjs'
import { ROOT, SECRET_FILES, ownDataFolder, processEnv, staffTokenFile } from './settings.mjs'
import { Stop, say } from './stop.mjs'
import { buildStorefront } from './storefront.mjs'

/** @typedef {import('./settings.mjs').Settings} Settings */
/** @typedef {ReturnType<typeof import('./supervisor.mjs').newSupervisor>} Supervisor */

const NEEDED_BYTES = 2 * 2 ** 30

/**
 * Everything that would make the start fail in the middle, asked before anything is started.
 * @param {Settings} settings
 */
export async function checkMachine(settings) {
  checkNginxSettings(settings)
  const { plainHttp, ...always } = settings.ports
  await requireFree(settings.env.TLS_CERTIFICATE ? { ...always, plainHttp } : always)
  ownDataFolder(settings)
  for (const [folder, what] of [
    [settings.dataDir, 'the data folder'],
    [settings.cacheDir, 'the build cache'],
  ]) {
    fs.mkdirSync(folder, { recursive: true })
    const { bavail, bsize } = fs.statfsSync(folder)
    if (bavail * bsize >= NEEDED_BYTES) continue
    const free = Math.floor((bavail * bsize) / 2 ** 20)
    throw new Stop(
      `The disk is nearly full: ${what} (${folder}) has ${free} MiB left, and Cartwright needs 2048.`,
    )
  }
}

/**
 * Builds what is not built yet. Cargo has the terminal; the others work beside it and say one line at the
 * end.
 * @param {Settings} settings
 * @param {() => Promise<unknown>} [cargo]
 */
export async function prepare(settings, cargo = () => buildBinaries(settings)) {
  const beside = [
    { name: "Kafka's jars", work: fetchKafkaJars(settings) },
    { name: 'storefront', work: buildStorefront(settings) },
  ].map(({ name, work }) => work.then((result) => say(`${name}: ${result}`)))
  const [built] = await Promise.all([cargo(), ...beside])
  return built
}

/**
 * The three stores and a mail server; also all that integration tests need.
 * @param {Settings} settings
 * @param {Supervisor} supervisor
 */
export async function startStores(settings, supervisor) {
  // Started in this order, so that Kafka is the first to be stopped and PostgreSQL the last.
  const stores = [await postgres(settings), redis(settings), mail(settings), kafka(settings)]
  await Promise.all(stores.map((store) => supervisor.start(store)))
}

/**
 * Migrates, then starts the Rust processes.
 * @param {Settings} settings
 * @param {Supervisor} supervisor
 */
export async function startApis(settings, supervisor) {
  await migrate(settings)
  await supervisor.start(projectors(settings))
  await Promise.all([supervisor.start(commandApi(settings)), supervisor.start(queryApi(settings))])
}

/**
 * The APIs, the storefront before them, and something on its shelves.
 * @param {Settings} settings
 * @param {Supervisor} supervisor
 */
export async function startShop(settings, supervisor) {
  await startApis(settings, supervisor)
  await supervisor.start(nginx(settings))
  await seedOnce(settings)
}

/** Tables and topics. @param {Settings} settings */
async function migrate(settings) {
  await mustRun(
    {
      argv: [binary(settings, 'command-api'), 'migrate', '--dev'],
      env: { ...processEnv(settings), MIGRATIONS_DATABASE_URL: databaseUrl(settings, OWNER) },
      output: 'capture',
      logFile: path.join(settings.logsDir, 'migrate.log'),
      timeoutMs: 120_000,
    },
    'The database and the topics cannot be migrated',
  )
}

/**
 * The demonstration catalogue, once per data folder.
 * @param {Settings} settings
 */
async function seedOnce(settings) {
  const seeded = path.join(settings.dataDir, 'seeded')
  if (fs.existsSync(seeded)) return
  say('Listing the demonstration catalogue...')
  await mustRun(
    {
      argv: [process.execPath, path.join(ROOT, 'infra/local/seed/seed.mjs')],
      env: { ...processEnv(settings), SHOP_URL: settings.publicOrigins[0] },
      output: 'capture',
      logFile: path.join(settings.logsDir, 'seed.log'),
      timeoutMs: 5 * 60_000,
    },
    'The demonstration catalogue cannot be listed',
  )
  fs.writeFileSync(seeded, '')
}

/**
 * Forgets what this copy stored. Only what Cartwright makes: DATA_DIR may be a folder with other things in
 * it.
 * @param {Settings} settings
 * @param {{keepLogs?: boolean}} [options]
 */
export function forgetData(settings, { keepLogs = false } = {}) {
  const stored = [
    'postgres',
    'redis',
    'kafka',
    'mail',
    'nginx',
    'bin',
    'seeded',
    ...Object.values(SECRET_FILES),
    'why-it-stopped',
  ]
  for (const name of keepLogs ? stored : [...stored, 'logs']) {
    fs.rmSync(path.join(settings.dataDir, name), { recursive: true, force: true })
  }
  fs.rmSync(path.dirname(fallbackFolder(settings.dataDir)), { recursive: true, force: true })
}

/** What a person wants to know once it runs. @param {Settings} settings */
export function describeShop(settings) {
  return `
  The shop       ${settings.publicOrigins[0]}
  Staff token    ${staffTokenFile(settings)}
  Mails          ${path.join(mailFolder(settings), 'new')}
  Logs           ${settings.logsDir} (or ./dev logs command-api --follow)
  Stop           Ctrl-C, or ./dev down; the data stays
`
}
