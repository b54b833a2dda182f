import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import test from 'node:test'
import { elsewhere, readSettings } from '../settings.mjs'
import { MISSING, Stop, USAGE } from '../stop.mjs'
import { backup, restore } from './recovery.mjs'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'cartwright-test-'))
const settings = elsewhere(readSettings(), { portBase: 39_400, dataDir: path.join(folder, 'data') })
const text = path.join(folder, 'text')
fs.writeFileSync(text, 'not a dump')

/** @param {RegExp} message @param {number} [code] */
const stops = (message, code) => (/** @type {unknown} */ error) => {
  assert.ok(error instanceof Stop, String(error))
  assert.match(error.message, message)
  if (code) assert.equal(error.code, code)
  return true
}

test('a backup or a restore names one file', async () => {
  for (const command of [backup, restore]) {
    await assert.rejects(command(settings, []), stops(/Usage: .*FILE/, USAGE))
    await assert.rejects(command(settings, ['a', 'b']), stops(/Usage: .*FILE/, USAGE))
    await assert.rejects(command(settings, ['--all', 'a']), stops(/no option --all/, USAGE))
  }
})

test('a backup overwrites nothing, needs its folder, and a shop that runs', async () => {
  await assert.rejects(backup(settings, [text]), stops(/is there already/))
  assert.equal(fs.readFileSync(text, 'utf8'), 'not a dump')
  const nowhere = path.join(folder, 'nowhere/file')
  await assert.rejects(backup(settings, [nowhere]), stops(/There is no folder/, MISSING))
  await assert.rejects(backup(settings, [path.join(folder, 'new')]), stops(/Nothing runs in/))
})

test('a restore refuses what is not there and what is no backup, before it stops anything', async () => {
  await assert.rejects(restore(settings, [path.join(folder, 'missing')]), stops(/There is no file/, MISSING))
  await assert.rejects(restore(settings, [text]), stops(/is no backup/))
})
