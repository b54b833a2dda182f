import assert from 'node:assert/strict'
import test from 'node:test'
import { parseTestArguments } from '../commands/test.mjs'
import { testTargets } from '../rust.mjs'
import { levelOf } from './rust_suites.mjs'
import { report } from './suite.mjs'

test('the last line of the report is the sum and nothing else', () => {
  const lines = report([
    { level: 'unit', name: 'domain', passed: 12, failed: 0, seconds: 1 },
    { level: 'unit', name: 'a binary without tests', passed: 0, failed: 0, seconds: 0 },
    { level: 'ui', name: 'storefront in Chromium', passed: 3, failed: 2, seconds: 40 },
  ]).split('\n')
  assert.equal(lines.at(-1), '15 passed, 2 failed')
  assert.match(lines[2], /^ui +storefront in Chromium +3 +2 +40\.0$/)
})

test('cargo says where each test executable is and what it tests', () => {
  const artifact = {
    reason: 'compiler-artifact',
    manifest_path: '/clone/command-api/event-store/Cargo.toml',
    target: { name: 'appending', kind: ['test'] },
    profile: { test: true },
    executable: '/target/debug/deps/appending-1',
  }
  const plainBinary = { ...artifact, profile: { test: false } }
  const messages = [artifact, plainBinary, { reason: 'build-finished' }].map((one) => JSON.stringify(one))
  assert.deepEqual(testTargets(`${messages.join('\n')}\nnot json\n`), [
    {
      package: 'event-store',
      folder: '/clone/command-api/event-store',
      target: 'appending',
      kind: 'test',
      executable: '/target/debug/deps/appending-1',
    },
  ])
})

test('a level is told by the package and the kind of target', () => {
  const level = (/** @type {string} */ name, /** @type {string} */ kind) =>
    levelOf({ package: name, kind, folder: '', target: '', executable: '' })
  assert.equal(level('domain', 'test'), 'unit')
  assert.equal(level('event-store', 'lib'), 'unit')
  assert.equal(level('event-store', 'test'), 'integration')
  assert.equal(level('system-tests', 'test'), 'system')
})

test('the first argument is a level or the filter', () => {
  assert.deepEqual(parseTestArguments([]), { levels: ['unit', 'integration', 'ui', 'system'], filter: '' })
  assert.deepEqual(parseTestArguments(['ui', 'cart']), { levels: ['ui'], filter: 'cart' })
  assert.equal(parseTestArguments(['limit']).filter, 'limit')
  assert.throws(() => parseTestArguments(['ui', 'a', 'b']), /Usage/)
})
