// ./dev as a person starts it: what it leaves in the data folder is nobody else's to read. The programs that it runs are stand-ins, which
// write without a word about modes, as stores and builds do.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { startedAs } from './run_file.mjs'
import { SECRET_FILES, readSecret } from './settings.mjs'

process.umask(0o022) // as most machines have it; main.mjs inherits it

const MAIN = fileURLToPath(new URL('main.mjs', import.meta.url))
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'cartwright-main-'))
// A quiet range of its own, chosen by the process id: several of these may run on one machine.
const portBase = 15_000 + (process.pid % 20) * 100

after(() => fs.rmSync(folder, { recursive: true }))

test('a data folder that others could read is closed by ./dev up, and so is what it and its children write there', () => {
  const dataDir = dataFolder('opened', 0o755)
  const programs = path.join(folder, 'programs')
  writeProgram(path.join(programs, 'cargo'), 'mkdir "$DATA_DIR/made" && echo > "$DATA_DIR/made/file"; exit 1')
  for (const other of ['mvn', 'npm']) writeProgram(path.join(programs, other), 'exec sleep 60')
  const { status, stderr } = dev(['up'], dataDir, { PATH: `${programs}:${process.env.PATH}` })
  assert.equal(status, 1, stderr)
  assert.match(stderr, /cargo build failed/)
  assert.equal(mode(dataDir), 0o700)
  assert.equal(mode(path.join(dataDir, 'made/file')), 0o600)
  assert.deepEqual(openBelow(dataDir), [])
})

test('the secrets of a data folder, and what a program of the shop writes there, are its owner’s alone', () => {
  const dataDir = dataFolder('running', 0o700)
  const run = { pid: process.pid, startedAs: startedAs(process.pid), ready: true, portBase, services: [] }
  fs.writeFileSync(path.join(dataDir, 'run.json'), JSON.stringify(run), { mode: 0o600 })
  writeProgram(
    path.join(dataDir, 'bin/command-api'),
    'mkdir "$DATA_DIR/made" && echo > "$DATA_DIR/made/file"',
  )
  const { status, stderr } = dev(['grant', 'ada@example.org', 'staff'], dataDir)
  assert.equal(status, 0, stderr)
  for (const file of Object.values(SECRET_FILES)) assert.equal(mode(path.join(dataDir, file)), 0o600, file)
  assert.equal(mode(path.join(dataDir, 'made/file')), 0o600)
  assert.deepEqual(openBelow(dataDir), [])
})

test('a secret that nobody gave is random, the same at the next start, and closed whatever the umask is', () => {
  const secrets = ['one', 'two'].flatMap((name) => {
    const settings = { env: {}, dataDir: path.join(folder, name) }
    return /** @type {(keyof typeof SECRET_FILES)[]} */ (Object.keys(SECRET_FILES)).map((secret) => {
      const value = readSecret(settings, secret)
      assert.equal(readSecret(settings, secret), value)
      assert.equal(Buffer.from(value, 'base64url').length, 32)
      assert.equal(mode(path.join(settings.dataDir, SECRET_FILES[secret])), 0o600)
      return value
    })
  })
  assert.equal(new Set(secrets).size, 2 * Object.keys(SECRET_FILES).length)
  assert.equal(mode(path.join(folder, 'one')), 0o700)
})

/**
 * @param {string[]} args
 * @param {string} dataDir
 * @param {NodeJS.ProcessEnv} [given]
 */
function dev(args, dataDir, given = {}) {
  const env = {
    ...process.env,
    DATA_DIR: dataDir,
    PORT_BASE: String(portBase),
    CARTWRIGHT_CACHE: path.join(folder, 'cache'),
    ...given,
  }
  return spawnSync(process.execPath, [MAIN, ...args], { env, encoding: 'utf8', timeout: 120_000 })
}

/** @param {string} name @param {number} mode */
function dataFolder(name, mode) {
  const dataDir = path.join(folder, name)
  fs.mkdirSync(dataDir, { mode })
  return dataDir
}

/** @param {string} file @param {string} script */
function writeProgram(file, script) {
  fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 })
  fs.writeFileSync(file, `#!/bin/sh\n${script}\n`, { mode: 0o700 })
}

/** @param {string} file */
function mode(file) {
  return fs.statSync(file).mode & 0o777
}

/** @param {string} dataDir @returns {string[]} what somebody else may read, write or enter */
function openBelow(dataDir) {
  const names = /** @type {string[]} */ (fs.readdirSync(dataDir, { recursive: true }))
  return ['', ...names].filter((name) => (mode(path.join(dataDir, name)) & 0o077) !== 0)
}
