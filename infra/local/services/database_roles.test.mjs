import assert from 'node:assert/strict'
import childProcess from 'node:child_process'
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import os from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { startedAs } from '../run_file.mjs'
import { elsewhere, readSettings } from '../settings.mjs'
import { ANALYST, OWNER, SUPERUSER, databaseArgument, databaseUrl } from './database_roles.mjs'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'cartwright-roles-'))
const settings = elsewhere(readSettings({}), { portBase: 39_500, dataDir: path.join(folder, 'data') })
/** @type {import('./database_roles.mjs').Role[]} */
const ROLES = [SUPERUSER, OWNER, ANALYST, 'cartwright_command_api', 'cartwright_projectors']
const passwords = ROLES.map((role) => new URL(databaseUrl(settings, role)).password)

after(() => fs.rmSync(folder, { recursive: true }))

test('every database user has a password of its own, which no other data folder has', () => {
  const other = elsewhere(settings, { portBase: 39_500, dataDir: path.join(folder, 'other') })
  const all = [...passwords, ...ROLES.map((role) => new URL(databaseUrl(other, role)).password)]
  assert.equal(new Set(all).size, 2 * ROLES.length)
  for (const password of all) assert.equal(Buffer.from(password, 'base64url').length, 32)
})

test('PostgreSQL’s programs are told the password in their environment, and no password in an argument', () => {
  ROLES.forEach((role, i) => {
    const { url, env } = databaseArgument(settings, role, 'another')
    assert.equal(url, `postgres://${role}@127.0.0.1:${settings.ports.postgres}/another`)
    assert.equal(env.PGPASSWORD, passwords[i])
  })
})

test('no argument of a backup’s pg_dump has a password in it', async () => {
  const { argv, env } = await started(async () => {
    const { backup } = await import('../commands/recovery.mjs')
    await assert.rejects(backup(settings, [path.join(folder, 'dump')]), /The database cannot be dumped/)
  })
  assert.ok(argv.some((arg) => arg.endsWith('/pg_dump')))
  assert.ok(argv.some((arg) => arg.startsWith(`postgres://${OWNER}@`)))
  for (const password of passwords) assert.ok(!argv.join(' ').includes(password))
  assert.equal(env?.PGPASSWORD, passwords[ROLES.indexOf(OWNER)])
})

/**
 * What the first process that this starts is given; it fails instead of being run.
 * @param {() => Promise<void>} work for a copy that runs
 * @returns {Promise<{argv: string[], env: NodeJS.ProcessEnv | undefined}>}
 */
async function started(work) {
  const run = {
    pid: process.pid,
    startedAs: startedAs(process.pid),
    ready: true,
    portBase: 39_500,
    services: [],
  }
  fs.writeFileSync(settings.runFile, JSON.stringify(run))
  const { spawn } = childProcess
  /** @type {{argv: string[], env: NodeJS.ProcessEnv | undefined}[]} */
  const seen = []
  const failing = (
    /** @type {string} */ program,
    /** @type {string[]} */ args,
    /** @type {any} */ options,
  ) => {
    seen.push({ argv: [program, ...args], env: options.env })
    return spawn('false', [], options)
  }
  Object.assign(childProcess, { spawn: failing })
  syncBuiltinESMExports()
  try {
    await work()
  } finally {
    Object.assign(childProcess, { spawn })
    syncBuiltinESMExports()
  }
  assert.equal(seen.length, 1)
  return seen[0]
}
