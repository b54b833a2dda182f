import assert from 'node:assert/strict'
import test from 'node:test'
import { libtestCounts, playwrightCounts, tapCounts, vitestCounts } from './results.mjs'

const LIBTEST = `
running 3 tests
test cart::tests::an_item_is_added ... ok
test cart::tests::a_limit_holds ... FAILED
test cart::tests::later ... ignored, because

test result: FAILED. 1 passed; 1 failed; 1 ignored; 0 measured; 4 filtered out; finished in 0.01s
`

test('libtest: ignored tests count as failed, filtered ones do not count', () => {
  assert.deepEqual(libtestCounts(LIBTEST, 101), { passed: 1, failed: 2 })
  const good =
    'test result: ok. 7 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n'
  assert.deepEqual(libtestCounts(good, 0), { passed: 7, failed: 0 })
})

test('libtest: an executable that dies is a failure beside what had passed', () => {
  const died = 'running 3 tests\ntest one ... ok\ntest two ... ok\n'
  assert.deepEqual(libtestCounts(died, 134), { passed: 2, failed: 1 })
  assert.deepEqual(libtestCounts('', 127), { passed: 0, failed: 1 })
  assert.deepEqual(libtestCounts('', 0), { passed: 0, failed: 1 }, 'no report is no success')
})

test('libtest: a bad exit code after a good report is a failure', () => {
  const good =
    'test result: ok. 7 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n'
  assert.deepEqual(libtestCounts(good, 1), { passed: 7, failed: 1 })
})

test('vitest: pending tests and files that cannot be loaded count as failed', () => {
  const report = JSON.stringify({
    numPassedTests: 5,
    numFailedTests: 1,
    numPendingTests: 1,
    numTodoTests: 1,
    testResults: [
      { status: 'failed', assertionResults: [] },
      { status: 'failed', assertionResults: [{}] },
      { status: 'passed', assertionResults: [{}] },
    ],
  })
  assert.deepEqual(vitestCounts(report, 1), { passed: 5, failed: 4 })
  assert.deepEqual(vitestCounts(null, 1), { passed: 0, failed: 1 })
})

test('playwright: skipped, flaky and errors outside tests count as failed', () => {
  const stats = { expected: 9, unexpected: 1, flaky: 1, skipped: 1 }
  assert.deepEqual(playwrightCounts(JSON.stringify({ stats, errors: [{}] }), 1), { passed: 9, failed: 4 })
  assert.deepEqual(playwrightCounts(null, 1), { passed: 0, failed: 1 })
})

test('node: cancelled, skipped and todo tests count as failed', () => {
  const tap = '# tests 7\n# suites 0\n# pass 3\n# fail 1\n# cancelled 1\n# skipped 1\n# todo 1\n'
  assert.deepEqual(tapCounts(tap, 1), { passed: 3, failed: 4 })
  assert.deepEqual(tapCounts('', 1), { passed: 0, failed: 1 })
})
