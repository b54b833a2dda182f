// What is written about the code leads to it: a file that was moved takes its links along.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import test from 'node:test'
import { testsOf } from './named_tests.mjs'
import { ROOT } from './settings.mjs'

// The links of the shop's own pages lead to addresses of the shop: frontend/src/app/ContentRoute.test.tsx follows them.
const files = execFileSync('git', ['ls-files', '*.md', ':!frontend/content'], { cwd: ROOT, encoding: 'utf8' })
  .trim()
  .split('\n')

for (const file of files) {
  test(`every link of ${file} leads somewhere`, () => {
    const text = fs.readFileSync(path.join(ROOT, file), 'utf8')
    const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link)
    const dead = links
      .filter((link) => !/^(https?:|#)/.test(link))
      .filter((link) => !fs.existsSync(path.resolve(ROOT, path.dirname(file), link.split('#')[0])))
    assert.deepEqual(dead, [])
  })
}

// In these documents a link to tests says which: `[file](link): `test`, `test``, or `[file](link) (whole file)`.
const CLAIMS = files.filter((name) => /^docs\/(security|failures)\.md$/.test(name))
const LINKS = /\[[^\]]*\]\((\.\.\/[^)\s#]+)\)(?:(: )(`[^`]+`(?:, `[^`]+`)*)|( \(whole (?:file|folder)\)))?/g

/**
 * @param {string} document
 * @param {string} text
 */
function linksToSources(document, text) {
  return [...text.matchAll(LINKS)].map(([, link, , names, whole]) => {
    const file = path.resolve(ROOT, path.dirname(document), link)
    const isFolder = fs.statSync(file).isDirectory()
    const tests = isFolder ? [] : testsOf(file, fs.readFileSync(file, 'utf8'))
    return {
      link,
      named: names ? [...names.matchAll(/`([^`]+)`/g)].map(([, name]) => name) : [],
      tests,
      leavesOpen: !names && !whole && (tests.length > 0 || /(^|\/)(tests|testing)(\/|$)/.test(link)),
    }
  })
}

test('the documents whose tests are looked for are there', () => assert.equal(CLAIMS.length, 2))

for (const document of CLAIMS) {
  const text = fs.readFileSync(path.join(ROOT, document), 'utf8')

  test(`every test that ${document} names is a test of the file that it names`, () => {
    const links = linksToSources(document, text)
    const missing = links.flatMap(({ named, tests, link }) =>
      named.filter((name) => !tests.includes(name)).map((name) => `${link}: ${name}`),
    )
    assert.ok(links.some(({ named }) => named.length > 0))
    assert.deepEqual(missing, [])
  })

  test(`every link of ${document} to tests says which of them, or that it means all`, () => {
    const open = linksToSources(document, text).filter(({ leavesOpen }) => leavesOpen)
    assert.deepEqual(
      open.map(({ link }) => link),
      [],
    )
  })

  test(`every test that ${document} names stands behind the file that it is in`, () => {
    const rest = text.replace(LINKS, '')
    assert.deepEqual(rest.match(/`[a-z0-9]+(?:_[a-z0-9]+){4,}`/g) ?? [], [])
  })
}

test('a test is what runs under its name, and no comment, text, helper or skipped test', () => {
  const rust = `
    // #[test] fn in_a_comment() {}
    /* #[test]
    fn in_a_long_comment() {} */
    fn a_helper() { call("in_a_text"); }
    #[test]
    #[ignore]
    fn ignored() {}
    #[ignore = "later"]
    #[test]
    fn ignored_first() {}
    #[test]
    fn plain() {}
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn with_a_runtime() {}
    #[test]
    /// Why.
    #[expect(clippy::panic, reason = "so")]
    fn with_attributes() {}
    proptest! {
        #[test]
        fn of_many(value in 0..9) {}
    }`
  assert.deepEqual(testsOf('a.rs', rust), ['plain', 'with_a_runtime', 'with_attributes', 'of_many'])
  const script = `
    // test('in a comment', () => {})
    /** test('in a long comment', () => {}) */
    const text = "test('in a text')"
    helper('a helper')
    test.skip('skipped', () => {})
    test('skipped by an option', { skip: true }, () => {})
    test('to do by an option', { todo: 'later' }, () => {})
    describe.skip('a skipped group', () => {
      it('in a skipped group (with a bracket', () => {})
    })
    test('with an option', { timeout: 9 }, () => {})
    it.todo('to do')
    test('it\\'s plain', () => {})
    describe("a group", () => {
      it(
        'on a line of its own', async () => {})
      it.each([['(', 1], [')', 2]])('%j of each', () => {})
      test.describe(\`\${name} of a template\`, () => {})
    })`
  assert.deepEqual(testsOf('a.test.tsx', script), [
    'with an option',
    "it's plain",
    'a group',
    'on a line of its own',
    '%j of each',
    '${name} of a template',
  ])
  assert.deepEqual(testsOf('alerts.test.yml', 'tests:\n  - name: silence fires\n    # - name: none\n'), [
    'silence fires',
  ])
})
