import assert from 'node:assert/strict'
import test from 'node:test'
import { schemathesisCounts } from './schemathesis.mjs'

/** @param {{operations: string[]}[]} failures @param {unknown[]} [errors] */
const report = (failures, errors = [], tested = 5) =>
  JSON.stringify({ operations: { selected: 5, tested }, failures, errors })

test('schemathesis: an operation fails once, whatever was found of it', () => {
  assert.deepEqual(schemathesisCounts(report([]), 0), { passed: 5, failed: 0 })
  const found = [{ operations: ['GET /a', 'GET /b'] }, { operations: ['GET /a'] }]
  assert.deepEqual(schemathesisCounts(report(found), 1), { passed: 3, failed: 2 })
  assert.deepEqual(schemathesisCounts(report([], [{}]), 1), { passed: 4, failed: 1 })
})

test('schemathesis: no report, nothing tried and a bad end are failures', () => {
  assert.deepEqual(schemathesisCounts(null, 0), { passed: 0, failed: 1 })
  assert.deepEqual(schemathesisCounts(report([]), 2), { passed: 5, failed: 1 })
  assert.deepEqual(schemathesisCounts(report([], [], 0), 0), { passed: 0, failed: 5 })
  assert.deepEqual(schemathesisCounts(report([], [], 3), 0), { passed: 3, failed: 2 }, 'two were not tried')
  const another = JSON.stringify({ operations: { tested: 5 }, failures: [], errors: [] })
  assert.deepEqual(schemathesisCounts(another, 0), { passed: 0, failed: 1 }, 'a report of another form')
})
