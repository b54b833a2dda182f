// PostgreSQL, from Debian's package, with a cluster of this copy's own. It refuses to run as root; root
// therefore runs it as the user that the package made.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { createHash } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { mustRun, run } from '../processes.mjs'
import { startedAs } from '../run_file.mjs'
import { MISSING, Stop, say } from '../stop.mjs'
import { SUPERUSER, databaseUrl, roleStatements } from './database_roles.mjs'

/**
 * @param {import('../settings.mjs').Settings} settings
 * @returns {Promise<import('../supervisor.mjs').Service>}
 */
export async function postgres(settings) {
  const bin = postgresBin()
  const user = process.getuid?.() === 0 ? 'postgres' : undefined
  const folder = await reachableFolder(settings, user)
  const port = settings.ports.postgres
  return {
    name: 'postgres',
    url: `postgres://127.0.0.1:${port}/cartwright`,
    probe: { kind: 'postgres', isReady: path.join(bin, 'pg_isready'), port },
    stopSignal: 'SIGINT', // "fast": it does not wait for clients to leave
    clearLeftovers: () => clearLeftovers(folder),
    prepare: () => makeCluster(settings, { bin, folder, user }),
    command: {
      argv: [
        path.join(bin, 'postgres'),
        ...['-D', folder, '-p', String(port)],
        ...[
          '-c',
          'listen_addresses=127.0.0.1',
          '-c',
          'unix_socket_directories=',
          '-c',
          'max_connections=300',
        ],
        ...['-c', 'shared_buffers=256MB', '-c', 'max_wal_size=2GB'],
        ...QUIET,
      ],
      user,
      cwd: folder,
      deathSignal: 'SIGINT',
    },
  }
}

/**
 * Rows and parameters are people's: a message says which constraint or statement it is about and repeats neither. In production
 * the server has to be set like this, too (docs/personal-data.md).
 */
const QUIET = [
  'log_error_verbosity=terse', // without DETAIL: `Key (email_key)=(…) already exists`
  'log_parameter_max_length=0',
  'log_parameter_max_length_on_error=0',
  'log_min_error_statement=panic', // a statement may have values in it; ours have parameters, an analyst's not
].flatMap((setting) => ['-c', setting])

/**
 * What a postmaster that was killed leaves behind. Its children are sessions of their own, so a signal to its group does
 * not reach them; one that is busy or stands still holds the shared memory, and the next postmaster refuses to start
 * beside it. So does one that finds, in the file of its predecessor, a process id that somebody else has by now.
 * @param {string} folder
 */
export async function clearLeftovers(folder) {
  const lockFile = path.join(folder, 'postmaster.pid')
  const [owner] = fs.existsSync(lockFile) ? fs.readFileSync(lockFile, 'utf8').split('\n') : ['']
  const at = fs.existsSync(folder) ? processesIn(fs.realpathSync(folder)) : []
  if (at.includes(Number(owner))) return // a postmaster runs there: the next one says so
  for (const pid of at) process.kill(pid, 'SIGKILL')
  const deadline = performance.now() + 5000
  while (at.some((pid) => startedAs(pid) !== null) && performance.now() < deadline) await wait(20)
  fs.rmSync(lockFile, { force: true })
}

/**
 * Every server process works in its data folder.
 * @param {string} folder
 */
function processesIn(folder) {
  return fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return (
          fs.readlinkSync(`/proc/${pid}/cwd`) === folder &&
          path.basename(fs.readlinkSync(`/proc/${pid}/exe`)) === 'postgres'
        )
      } catch {
        return false // it has ended, or it is another user's
      }
    })
}

/** @returns {string} the folder of the newest PostgreSQL's programs */
export function postgresBin() {
  const root = '/usr/lib/postgresql'
  const versions = fs.existsSync(root) ? fs.readdirSync(root).filter((name) => /^\d+$/.test(name)) : []
  const newest = versions
    .map(Number)
    .sort((a, b) => b - a)
    .find((version) => fs.existsSync(`${root}/${version}/bin/postgres`))
  if (!newest) throw new Stop('PostgreSQL is not installed. As root: apt-get install postgresql', MISSING)
  return `${root}/${newest}/bin`
}

/**
 * The data folder's `postgres`, unless the server's user may not go there: what root stores is root's alone. Then one of its own
 * beside the system's, to which a cluster of an earlier release is moved.
 * @param {import('../settings.mjs').Settings} settings
 * @param {string | undefined} user
 */
export async function reachableFolder(settings, user) {
  const usual = path.join(settings.dataDir, 'postgres')
  if (!user || (await mayEnter(settings.dataDir, user))) return usual
  const folder = fallbackFolder(settings.dataDir)
  const parent = path.dirname(folder)
  fs.mkdirSync(parent, { recursive: true, mode: 0o700 })
  await mustRun({ argv: ['chown', user, parent], output: 'capture' }, 'chown failed')
  if (fs.existsSync(path.join(usual, 'PG_VERSION')) && !fs.existsSync(folder)) {
    await mustRun({ argv: ['mv', usual, folder], output: 'capture' }, `${usual} cannot be moved`)
  }
  say(`The user ${user} may not enter ${settings.dataDir}, so PostgreSQL's data goes to ${folder}.`)
  return folder
}

/**
 * Where `--fresh` finds it again.
 * @param {string} dataDir
 */
export function fallbackFolder(dataDir) {
  const name = createHash('sha256').update(dataDir).digest('hex').slice(0, 12)
  return path.join('/var/tmp', `cartwright-${name}`, 'postgres')
}

/**
 * @param {string} folder
 * @param {string} user
 */
async function mayEnter(folder, user) {
  const { code } = await run({
    argv: ['test', '-x', folder],
    user,
    cwd: '/',
    output: 'capture',
    timeoutMs: 10_000,
  })
  return code === 0
}

/**
 * @typedef {{bin: string, folder: string, user: string | undefined}} Cluster
 * @param {import('../settings.mjs').Settings} settings
 * @param {Cluster} cluster
 */
async function makeCluster(settings, cluster) {
  const { folder } = cluster
  const { password } = new URL(databaseUrl(settings, SUPERUSER))
  if (!fs.existsSync(path.join(folder, 'PG_VERSION'))) await initdb(cluster, password)
  // initdb makes no database but `postgres`.
  await once(path.join(folder, 'database.made'), '', async () => {
    await singleUser(cluster, 'postgres', 'create database cartwright')
  })
  const { cluster: roles, database } = roleStatements(settings)
  await once(path.join(folder, 'roles.made'), digest(roles + database), async () => {
    await singleUser(cluster, 'postgres', roles)
    await singleUser(cluster, 'cartwright', database)
  })
}

/**
 * @param {string} marker a file that says what was made
 * @param {string} what
 * @param {() => Promise<void>} make
 */
async function once(marker, what, make) {
  if (fs.existsSync(marker) && fs.readFileSync(marker, 'utf8') === what) return
  await make()
  fs.writeFileSync(marker, what)
}

/** @param {string} text */
function digest(text) {
  return createHash('sha256').update(text).digest('hex')
}

/**
 * Needs no server, no client and no password. An error in a statement does not end it, so what it prints is looked at.
 * @param {Cluster} cluster
 * @param {string} database
 * @param {string} statement
 */
export async function singleUser({ bin, folder, user }, database, statement) {
  const script = 'printf "%s;\\n\\n" "$STATEMENT" | exec "$0" --single -j -D "$1" "$2"'
  const output = await mustRun(
    {
      argv: ['sh', '-c', script, path.join(bin, 'postgres'), folder, database],
      // Not an argument: it has passwords in it, and arguments are everybody's.
      env: { ...process.env, STATEMENT: statement },
      user,
      cwd: folder,
      output: 'capture',
    },
    `The database ${database} cannot be prepared`,
  )
  const complaint = output
    .split('\n')
    .find((line) => /\b(ERROR|FATAL|PANIC):(?!.* already exists)/.test(line))
  if (complaint) throw new Stop(`The database ${database} cannot be prepared: ${complaint}`)
  return output
}

/**
 * @param {Cluster} cluster
 * @param {string} password
 */
async function initdb({ bin, folder, user }, password) {
  fs.rmSync(folder, { recursive: true, force: true }) // what an initdb that was cut short left behind
  fs.mkdirSync(folder, { recursive: true, mode: 0o700 })
  const passwordFile = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'cartwright-')), 'password')
  fs.writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 })
  if (user) {
    await mustRun(
      { argv: ['chown', user, folder, path.dirname(passwordFile), passwordFile], output: 'capture' },
      'chown failed',
    )
  }
  const options = [
    '-U',
    SUPERUSER,
    `--pwfile=${passwordFile}`,
    '-A',
    'scram-sha-256',
    '-E',
    'UTF8',
    '--locale=C.UTF-8',
  ]
  try {
    const argv = [path.join(bin, 'initdb'), '-D', folder, ...options]
    await mustRun({ argv, user, cwd: folder, output: 'capture' }, 'PostgreSQL cannot make its data folder')
  } finally {
    fs.rmSync(path.dirname(passwordFile), { recursive: true })
  }
}
