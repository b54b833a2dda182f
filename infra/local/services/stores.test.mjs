// The stores as `up` runs them, each killed as if the machine had lost power: they come back by themselves, with
// what was theirs.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { newRestartRule } from '../restarts.mjs'
import { elsewhere, readSettings } from '../settings.mjs'
import { newSupervisor } from '../supervisor.mjs'
import { ANALYST, OWNER, SUPERUSER, databaseUrl } from './database_roles.mjs'
import { kafka } from './kafka.mjs'
import { fallbackFolder, postgres, postgresBin, singleUser } from './postgres.mjs'
import { redis } from './redis.mjs'

/** @typedef {import('../supervisor.mjs').Running} Running */

const dataDir = fs.mkdtempSync('/var/tmp/cartwright-stores-')
// A quiet range of its own, chosen by the process id: several of these may run on one machine.
const settings = elsewhere(readSettings(), { portBase: 15_000 + (process.pid % 60) * 100, dataDir })

process.umask(0o077) // as main.mjs has it
const isRoot = process.getuid?.() === 0
const user = isRoot ? 'postgres' : undefined
/** Where PostgreSQL keeps the data of a data folder: root's is closed to its user. @param {string} of */
const clusterOf = (of) => (isRoot ? fallbackFolder(of) : path.join(of, 'postgres'))

/** @type {Running[]} */
let running = []
const supervisor = newSupervisor({
  logsDir: settings.logsDir,
  restartRule: () => newRestartRule({ firstWaitMs: 100 }),
  onChange: (now) => (running = now),
})

before(async () => {
  const stores = [await postgres(settings), redis(settings), kafka(settings)]
  await Promise.all(stores.map((store) => supervisor.start(store)))
})

after(async () => {
  await supervisor.stopAll()
  for (const of of [dataDir, path.join(dataDir, 'old')]) {
    fs.rmSync(path.dirname(fallbackFolder(of)), { recursive: true, force: true })
  }
  fs.rmSync(dataDir, { recursive: true })
})

test('PostgreSQL comes back though a child of its killed postmaster stands still and holds its memory', async () => {
  assert.equal(sql('create table kept (n int); insert into kept values (7); select n from kept'), '7')
  const busy = spawn(...psql('select pg_sleep(600)'), { stdio: 'ignore' })
  try {
    const backend = await until(
      () => Number(sql(`select pid from pg_stat_activity where query = 'select pg_sleep(600)'`)),
      'the backend is not there',
    )
    process.kill(backend, 'SIGSTOP')
    await killed('postgres')
    assert.equal(sql('select n from kept'), '7')
  } finally {
    busy.kill() // unless it noticed that its connection is gone
  }
})

test('PostgreSQL comes back though its lock file names a process that is somebody else by now', async () => {
  const other = spawn('sleep', ['600'], { uid: ownerOf(clusterOf(dataDir)) })
  try {
    const lockFile = path.join(clusterOf(dataDir), 'postmaster.pid')
    const lines = fs.readFileSync(lockFile, 'utf8').split('\n')
    fs.writeFileSync(lockFile, [other.pid, ...lines.slice(1)].join('\n'))
    await killed('postgres')
    assert.equal(sql('select n from kept'), '7')
    assert.equal(other.exitCode, null, 'the other process is left alone')
  } finally {
    other.kill()
  }
})

test('what the stores write is nobody else’s to read', () => {
  const open = everythingBelow([dataDir, path.dirname(clusterOf(dataDir))]).filter(
    (file) => (fs.lstatSync(file).mode & 0o077) !== 0,
  )
  assert.deepEqual(open, [])
})

test('nobody gets into PostgreSQL or Redis without the password that this copy made', async () => {
  const stranger = new URL(databaseUrl(settings, OWNER))
  stranger.password = ''
  const env = { ...process.env, PGPASSWORD: 'cartwright', PGPASSFILE: '/dev/null' }
  const refused = spawnSync(path.join(postgresBin(), 'psql'), ['-wXc', 'select 1', stranger.href], {
    encoding: 'utf8',
    env,
  })
  assert.match(refused.stderr, /password authentication failed/)
  assert.match(await redisSays('KEYS *'), /^-NOAUTH /)
  assert.match(await redisSays('AUTH cartwright'), /^-WRONGPASS /)
  assert.match(await redisSays(`AUTH ${settings.redisPassword}`), /^\+OK/)
})

test('a value that PostgreSQL refuses is not in its log, and neither is the statement that has it', () => {
  sql('create table people (email text unique)')
  for (const statement of [
    "insert into people values ('ada@example.org'), ('ada@example.org')",
    "prepare p (text) as insert into people values ($1), ($1); execute p ('ada@example.org')",
  ]) {
    const { stderr } = spawnSync(...psql(statement), { encoding: 'utf8' })
    assert.match(stderr, /ERROR/)
  }
  const log = fs.readFileSync(path.join(settings.logsDir, 'postgres.log'), 'utf8')
  assert.match(log, /duplicate key value violates unique constraint/)
  assert.doesNotMatch(log, /DETAIL|STATEMENT/)
  assert.doesNotMatch(log, /ada@example/)
})

test('the users of the processes and of analysts log in and may make nothing; the owner may, and is no superuser', () => {
  const as = (/** @type {Parameters<typeof databaseUrl>[1]} */ role, /** @type {string} */ statement) =>
    spawnSync(path.join(postgresBin(), 'psql'), ['-XqAt', databaseUrl(settings, role), '-c', statement], {
      encoding: 'utf8',
    })
  for (const role of /** @type {const} */ (['cartwright_command_api', 'cartwright_projectors', ANALYST])) {
    assert.equal(as(role, 'select current_user').stdout.trim(), role)
    assert.match(as(role, 'create table mine (n int)').stderr, /permission denied for schema public/)
    assert.match(as(role, 'select n from kept').stderr, /permission denied for table kept/)
  }
  const { stderr, stdout } = as(
    OWNER,
    'create table made (n int); select rolsuper from pg_roles where rolname = current_user',
  )
  assert.deepEqual([stderr, stdout.trim()], ['', 'f'])
})

test('in a cluster of an earlier release everything becomes the property of the owner', async () => {
  const old = elsewhere(settings, { portBase: settings.ports.storefront, dataDir: path.join(dataDir, 'old') })
  fs.mkdirSync(old.dataDir)
  const folder = clusterOf(old.dataDir)
  const cluster = { bin: postgresBin(), folder, user }
  const { prepare } = await postgres(old)
  await prepare?.()
  fs.rmSync(path.join(folder, 'roles.made'))
  await singleUser(
    cluster,
    'cartwright',
    `create schema old; create table old.things (n int); create function old.f() returns int language sql as 'select 1';
     alter database cartwright owner to cartwright`,
  )
  await prepare?.()
  const owners = `select 'owners: ' || string_agg(distinct pg_get_userbyid(owner), ',') from (
    select relowner as owner from pg_class where relnamespace = 'old'::regnamespace
    union all select nspowner from pg_namespace where nspname = 'old'
    union all select proowner from pg_proc where pronamespace = 'old'::regnamespace
    union all select datdba from pg_database where datname = 'cartwright') of`
  assert.match(await singleUser(cluster, 'cartwright', owners), new RegExp(`"owners: ${OWNER}"`))
})

for (const name of ['redis', 'kafka']) test(`${name} comes back after it was killed`, () => killed(name))

/** @param {string} name */
async function killed(name) {
  const of = () => /** @type {Running} */ (running.find((one) => one.service.name === name))
  const { pid, restarts } = of()
  process.kill(/** @type {number} */ (pid), 'SIGKILL')
  await until(() => of().ready && of().restarts > restarts, `${name} is not back`)
  assert.equal(
    of().restarts,
    restarts + 1,
    fs.readFileSync(path.join(settings.logsDir, `${name}.log`), 'utf8'),
  )
}

/**
 * @param {string} statements
 * @returns {[string, string[]]}
 */
function psql(statements) {
  return [path.join(postgresBin(), 'psql'), ['-XqAt', databaseUrl(settings, SUPERUSER), '-c', statements]]
}

/** @param {string} statements */
function sql(statements) {
  const { stdout, stderr } = spawnSync(...psql(statements), { encoding: 'utf8' })
  assert.equal(stderr, '')
  return stdout.trim()
}

/** @param {string} command @returns {Promise<string>} what Redis answers to somebody who just connected */
async function redisSays(command) {
  const socket = net.connect(settings.ports.redis, '127.0.0.1', () => socket.end(`${command}\r\n`))
  return Buffer.concat(await socket.toArray()).toString()
}

/**
 * @param {string[]} folders
 * @returns {string[]} they, and all that is in them
 */
function everythingBelow(folders) {
  return folders.flatMap((folder) => [
    folder,
    .../** @type {string[]} */ (fs.readdirSync(folder, { recursive: true })).map((name) =>
      path.join(folder, name),
    ),
  ])
}

/** @param {string} folder */
function ownerOf(folder) {
  return os.userInfo().uid === 0 ? fs.statSync(folder).uid : undefined
}

/**
 * @template T
 * @param {() => T} holds
 * @param {string} otherwise
 * @returns {Promise<T>}
 */
async function until(holds, otherwise) {
  const deadline = Date.now() + 90_000
  for (;;) {
    const held = holds()
    if (held) return held
    assert.ok(Date.now() < deadline, otherwise)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
