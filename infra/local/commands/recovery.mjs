// `./dev backup FILE` and `./dev restore FILE`: the database of this copy, as pg_dump writes it. Kafka and Redis are not in it: they are
// made anew from the log, once it says that it is another one (`command-api new-incarnation`). All of it is done by the database's owner.
import fs from 'node:fs'
import path from 'node:path'
import { parseFlags } from '../flags.mjs'
import { mustRun, run } from '../processes.mjs'
import { readRun, readyRun } from '../run_file.mjs'
import { binary } from '../services/binaries.mjs'
import { OWNER, databaseArgument, databaseUrl } from '../services/database_roles.mjs'
import { postgres, postgresBin } from '../services/postgres.mjs'
import { ROOT, elsewhere, processEnv, readSettings } from '../settings.mjs'
import { MISSING, Stop, USAGE, say } from '../stop.mjs'
import { supervised } from '../supervised.mjs'
import { down, untilHealthy } from './running.mjs'
import { startAgain } from './up.mjs'

/** @typedef {import('../settings.mjs').Settings} Settings */

/** A large log takes its time. */
const DUMP_WITHIN_MS = 24 * 3_600_000
const STATEMENT_WITHIN_MS = 120_000
/** Views and tables of a large log are made anew first. */
const HEALTHY_WITHIN_MS = 10 * 60_000
/** Where the backup is restored to before it takes the place of what is there. */
const RESTORING = 'cartwright_restoring'
const AFTER_RESTORE = path.join(ROOT, 'command-api/event-store/after_restore.sql')
/** What was there, kept until the next restore. */
const REPLACED = 'cartwright_before_restore'

/**
 * @param {Settings} given
 * @param {string[]} args
 */
export async function backup(given, args) {
  const file = onlyFile(args, 'backup')
  if (fs.existsSync(file)) throw new Stop(`${file} is there already. A backup overwrites nothing.`)
  if (!fs.existsSync(path.dirname(file))) throw new Stop(`There is no folder ${path.dirname(file)}.`, MISSING)
  const current = readyRun(given)
  const settings = elsewhere(given, { portBase: current.portBase, dataDir: given.dataDir })
  const unfinished = `${file}.unfinished`
  const { url, env } = databaseArgument(settings, OWNER)
  try {
    await mustRun(
      {
        argv: [
          path.join(postgresBin(), 'pg_dump'),
          ...['--format=custom', '--file', unfinished, '--dbname', url],
        ],
        env,
        output: 'capture',
        timeoutMs: DUMP_WITHIN_MS,
      },
      'The database cannot be dumped',
    )
    fs.renameSync(unfinished, file)
  } finally {
    fs.rmSync(unfinished, { force: true })
  }
  say(`Backed up to ${file} (${fs.statSync(file).size} bytes). Restore it with ./dev restore ${file}`)
}

/**
 * Stops the shop, puts the backup in the place of its database, and starts the shop again if it ran. What is there is touched only once
 * the backup is restored beside it.
 * @param {Settings} given
 * @param {string[]} args
 */
export async function restore(given, args) {
  const file = onlyFile(args, 'restore')
  if (!fs.existsSync(file)) throw new Stop(`There is no file ${file}.`, MISSING)
  const bin = postgresBin()
  const looked = await run({
    argv: [path.join(bin, 'pg_restore'), '--list', file],
    output: 'capture',
    timeoutMs: STATEMENT_WITHIN_MS,
  })
  if (looked.code !== 0) throw new Stop(`${file} is no backup: ${looked.output.trim()}`)
  const current = readRun(given.runFile)
  // It comes back where it was, whatever PORT_BASE says now.
  const settings = current
    ? readSettings({ ...given.env, PORT_BASE: String(current.portBase), DATA_DIR: given.dataDir })
    : given
  const commandApi = binary(settings, 'command-api')
  if (!fs.existsSync(commandApi)) {
    throw new Stop(`${commandApi} is not built yet. Start the shop once: ./dev up --detach`, MISSING)
  }
  if (current) await down(settings, [])
  await supervised(settings, async (supervisor) => {
    await supervisor.start(await postgres(settings))
    await putInPlace(settings, file, { bin, commandApi })
  })
  say(
    `Restored. What was there before is kept in the database ${REPLACED} until the next restore. Everybody has to sign in anew, and no API ` +
      'key is good any more. Accounts that were deleted since the backup are back, as are old passwords and roles: Backups in ' +
      'docs/personal-data.md says what to do about it.',
  )
  if (!current) return say('Start the shop: ./dev up')
  await startAgain(settings)
  await untilHealthy(settings, HEALTHY_WITHIN_MS)
}

/**
 * @param {Settings} settings
 * @param {string} file
 * @param {{bin: string, commandApi: string}} programs
 */
async function putInPlace(settings, file, { bin, commandApi }) {
  const sqlIn = (/** @type {string} */ database, /** @type {string[]} */ ...statements) => {
    const { url, env } = databaseArgument(settings, OWNER, database)
    return mustRun(
      {
        argv: [
          path.join(bin, 'psql'),
          ...['-qX', '-v', 'ON_ERROR_STOP=1', '-d', url],
          ...statements.flatMap((statement) => ['-c', statement]),
        ],
        env,
        output: 'capture',
        timeoutMs: STATEMENT_WITHIN_MS,
      },
      'PostgreSQL refused a statement',
    )
  }
  const sql = (/** @type {string[]} */ ...statements) => sqlIn('postgres', ...statements)
  await sql(`drop database if exists ${RESTORING}`, `create database ${RESTORING}`)
  const restoring = databaseArgument(settings, OWNER, RESTORING)
  say(`Restoring ${file}...`)
  await mustRun(
    {
      // Whose it is and who may use it, is said by the migration that follows.
      argv: [
        path.join(bin, 'pg_restore'),
        ...['--exit-on-error', '--no-owner', '--no-privileges', '--dbname', restoring.url, file],
      ],
      env: restoring.env,
      output: 'capture',
      timeoutMs: DUMP_WITHIN_MS,
    },
    'The backup cannot be restored; what was there is untouched',
  )
  await mustRun(
    {
      argv: [commandApi, 'new-incarnation', '--reason', `restored from ${path.basename(file)}`],
      env: { ...processEnv(settings), MIGRATIONS_DATABASE_URL: databaseUrl(settings, OWNER, RESTORING) },
      output: 'capture',
      timeoutMs: STATEMENT_WITHIN_MS,
    },
    'The restored log cannot be given a new identity; what was there is untouched',
  )
  await sqlIn(RESTORING, fs.readFileSync(AFTER_RESTORE, 'utf8'))
  await sql(
    `drop database if exists ${REPLACED}`,
    `begin; alter database cartwright rename to ${REPLACED};
     alter database ${RESTORING} rename to cartwright; commit`,
  )
}

/**
 * @param {string[]} args
 * @param {string} command
 */
function onlyFile(args, command) {
  const { rest } = parseFlags(args, [])
  if (rest.length !== 1) throw new Stop(`Usage: ./dev ${command} FILE`, USAGE)
  return path.resolve(rest[0])
}
