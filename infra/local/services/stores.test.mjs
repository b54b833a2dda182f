// The stores as `up` runs them, each killed as if the machine had lost power: they come back by themselves, with
// what was theirs.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { newRestartRule } from '../restarts.mjs'
import { elsewhere, readSettings } from '../settings.mjs'
import { newSupervisor } from '../supervisor.mjs'
import { kafka } from './kafka.mjs'
import { postgres, postgresBin } from './postgres.mjs'
import { redis } from './redis.mjs'

/** @typedef {import('../supervisor.mjs').Running} Running */

// Not below /tmp or a home, where PostgreSQL's user may not go.
const dataDir = fs.mkdtempSync('/var/tmp/cartwright-stores-')
fs.chmodSync(dataDir, 0o755)
// A quiet range of its own, chosen by the process id: several of these may run on one machine.
const settings = elsewhere(readSettings(), { portBase: 15_000 + (process.pid % 60) * 100, dataDir })

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
  const other = spawn('sleep', ['600'], { uid: ownerOf(path.join(dataDir, 'postgres')) })
  try {
    const lockFile = path.join(dataDir, 'postgres/postmaster.pid')
    const lines = fs.readFileSync(lockFile, 'utf8').split('\n')
    fs.writeFileSync(lockFile, [other.pid, ...lines.slice(1)].join('\n'))
    await killed('postgres')
    assert.equal(sql('select n from kept'), '7')
    assert.equal(other.exitCode, null, 'the other process is left alone')
  } finally {
    other.kill()
  }
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
  return [path.join(postgresBin(), 'psql'), ['-XqAt', settings.databaseUrl, '-c', statements]]
}

/** @param {string} statements */
function sql(statements) {
  const { stdout, stderr } = spawnSync(...psql(statements), { encoding: 'utf8' })
  assert.equal(stderr, '')
  return stdout.trim()
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
