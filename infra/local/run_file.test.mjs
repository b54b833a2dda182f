import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import test from 'node:test'
import { claimRun, readRun, releaseRun, startedAs, writeRun } from './run_file.mjs'

const about = { storefront: 'http://localhost:1', portBase: 1 }
const fresh = () => path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'cartwright-test-')), 'data/run.json')

test('who claims a data folder holds it until it is released', () => {
  const file = fresh()
  assert.equal(readRun(file), null)
  const run = claimRun(file, about)
  assert.equal(readRun(file)?.pid, process.pid)
  assert.equal(claimRun(file, about).startedAs, run.startedAs, 'the holder may claim again')
  releaseRun(file)
  assert.equal(readRun(file), null)
})

test('a second process is told who is at work', async () => {
  const file = fresh()
  const other = spawn('sleep', ['60'])
  try {
    const pid = /** @type {number} */ (other.pid)
    claimRun(file, about)
    writeRun(file, { pid, startedAs: startedAs(pid) ?? '', ready: true, services: [], ...about })
    assert.throws(() => claimRun(file, about), new RegExp(`Another ./dev is at work .*pid ${pid}`))
    releaseRun(file)
    assert.equal(readRun(file)?.pid, pid, 'only the holder releases')
  } finally {
    other.kill()
    await once(other, 'close')
  }
  assert.equal(claimRun(file, about).pid, process.pid, 'the holder has ended')
})

test('a file left behind does not count, though its pid is alive again as another process', () => {
  const file = fresh()
  claimRun(file, about)
  writeRun(file, { pid: process.pid, startedAs: 'long ago', ready: true, services: [], ...about })
  assert.equal(readRun(file), null)
  fs.writeFileSync(file, '{"pid": 1')
  assert.equal(readRun(file), null, 'cut short')
})
