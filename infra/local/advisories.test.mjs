// The check of advisories, offline: that it finds a hole where there is one, and says how much its answer is worth.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { crateComplaint, doubtsAbout } from './advisories.mjs'
import { ofCrates } from './commands/sbom.mjs'
import { readSettings } from './settings.mjs'

const DAY_MS = 86_400_000

test('an advisory about a crate that we link is found without a network, and named', async () => {
  const dataDir = fs.mkdtempSync(path.join(os.tmpdir(), 'cartwright-advisories-'))
  try {
    const settings = { ...readSettings({ ...process.env, DATA_DIR: dataDir }) }
    const written = (/** @type {string} */ patched) => {
      const folder = path.join(dataDir, 'crates/tokio')
      fs.mkdirSync(folder, { recursive: true })
      const advisory = ['[advisory]', 'id = "RUSTSEC-2099-0001"', 'package = "tokio"', 'date = "2026-01-01"']
      const text = [
        '```toml',
        ...advisory,
        '',
        '[versions]',
        `patched = [${patched}]`,
        '```',
        '',
        '# A hole',
        '',
        'Of a test.',
      ]
      fs.writeFileSync(path.join(folder, 'RUSTSEC-2099-0001.md'), `${text.join('\n')}\n`)
    }
    written('')
    assert.match((await crateComplaint(settings, dataDir)) ?? 'nothing', /RUSTSEC-2099-0001/)
    written('">= 1.0.0"')
    assert.equal(await crateComplaint(settings, dataDir), null)
  } finally {
    fs.rmSync(dataDir, { recursive: true })
  }
})

test('a copy that is older than 30 days, or was never asked about a crate, is said to be', () => {
  const copy = { source: '', commit: '', date: '2026-06-01T12:00:00Z', crates: ['serde'] }
  const then = Date.parse(copy.date)
  const fresh = doubtsAbout(copy, ['serde'], then + 30 * DAY_MS)
  assert.deepEqual(fresh, ['The advisories about crates are of 2026-06-01, 30 days old.'])
  const [old, unknown] = doubtsAbout(copy, ['serde', 'tokio'], then + 31 * DAY_MS)
  assert.match(old, /^WARNING: .*31 days old/)
  assert.match(unknown, /^WARNING: .*tokio/)
})

test('the bill of materials names every crate with its licence, its digest and what it needs', () => {
  const crate = (/** @type {string} */ name, /** @type {string | null} */ source) => {
    return { id: name, name, version: '1.0.0', license: 'MIT/Apache-2.0', source }
  }
  const bill = ofCrates(
    {
      packages: [crate('ours', null), crate('theirs', 'registry'), crate('unlinked', 'registry')],
      resolve: {
        nodes: [
          { id: 'ours', dependencies: ['theirs'] },
          { id: 'theirs', dependencies: [] },
        ],
      },
    },
    '[[package]]\nname = "theirs"\nversion = "1.0.0"\nsource = "registry"\nchecksum = "00ff"\n',
  )
  assert.deepEqual(
    bill.components.map(({ purl, type }) => [purl, type]),
    [
      ['pkg:cargo/ours@1.0.0', 'application'],
      ['pkg:cargo/theirs@1.0.0', 'library'],
    ],
  )
  const [, theirs] = bill.components
  assert.deepEqual(
    [theirs.licenses, theirs.hashes],
    [[{ expression: 'MIT OR Apache-2.0' }], [{ alg: 'SHA-256', content: '00ff' }]],
  )
  assert.deepEqual(bill.dependencies[0], {
    ref: 'pkg:cargo/ours@1.0.0',
    dependsOn: ['pkg:cargo/theirs@1.0.0'],
  })
})
