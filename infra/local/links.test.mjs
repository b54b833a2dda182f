// What is written about the code leads to it: a file that was moved takes its links along.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import test from 'node:test'
import { ROOT } from './settings.mjs'

const files = execFileSync('git', ['ls-files', '*.md'], { cwd: ROOT, encoding: 'utf8' }).trim().split('\n')

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

// `[file](link): `test`, `test`` says that a claim is tested there.
for (const file of files.filter((name) => /^docs\/(security|failures)\.md$/.test(name))) {
  test(`every test that ${file} names is in the file that it names`, () => {
    const text = fs.readFileSync(path.join(ROOT, file), 'utf8')
    const named = [...text.matchAll(/\]\(([^)\s]+)\): (`[^`]+`(?:, `[^`]+`)*)/g)]
    const missing = named.flatMap(([, link, names]) => {
      const tests = fs.readFileSync(path.resolve(ROOT, path.dirname(file), link), 'utf8')
      return [...names.matchAll(/`([^`]+)`/g)].map(([, name]) => name).filter((name) => !tests.includes(name))
    })
    assert.ok(named.length > 0)
    assert.deepEqual(missing, [])
  })
}
