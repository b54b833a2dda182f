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
    prepare: () => makeCluster({ bin, folder, user, password: settings.postgresPassword }),
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
      ],
      user,
      cwd: folder,
      deathSignal: 'SIGINT',
    },
  }
}

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
 * The data folder's `postgres`, unless the server's user may not go there (a clone under /root): then one of
 * its own beside the system's.
 * @param {import('../settings.mjs').Settings} settings
 * @param {string | undefined} user
 */
async function reachableFolder(settings, user) {
  const usual = path.join(settings.dataDir, 'postgres')
  if (!user || (await mayEnter(settings.dataDir, user))) return usual
  const folder = fallbackFolder(settings.dataDir)
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

/** @param {{bin: string, folder: string, user: string | undefined, password: string}} cluster */
async function makeCluster({ bin, folder, user, password }) {
  if (!fs.existsSync(path.join(folder, 'PG_VERSION'))) {
    await initdb({ bin, folder, user, password })
  }
  // initdb makes no database but `postgres`. Single-user mode needs no server and no client.
  const made = path.join(folder, 'database.made')
  if (fs.existsSync(made)) return
  const create = `echo 'create database cartwright' | exec "$0" --single -D "$1" postgres`
  const argv = ['sh', '-c', create, path.join(bin, 'postgres'), folder]
  await mustRun({ argv, user, cwd: folder, output: 'capture' }, 'The database cannot be created')
  fs.writeFileSync(made, '')
}

/** @param {{bin: string, folder: string, user: string | undefined, password: string}} cluster */
async function initdb({ bin, folder, user, password }) {
  fs.rmSync(folder, { recursive: true, force: true }) // what an initdb that was cut short left behind
  fs.mkdirSync(path.dirname(folder), { recursive: true })
  fs.mkdirSync(folder, { mode: 0o700 })
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
    'cartwright',
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
