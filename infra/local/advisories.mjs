// What is known of holes in the libraries that we use, checked without a network: RustSec's advisories about the crates of Cargo.lock are
// kept in infra/advisories (their licence is CC0), and what npm's registry said last about the packages of the storefront.
// `./dev advisories` brings both up to date, `./dev check` reads them.
import fs from 'node:fs'
import path from 'node:path'
import { mustRun, run } from './processes.mjs'
import { ROOT } from './settings.mjs'
import { Stop, say } from './stop.mjs'
import { FRONTEND } from './storefront.mjs'
import { cargoDeny } from './tools.mjs'

/** @typedef {import('./settings.mjs').Settings} Settings */
/** @typedef {{source: string, commit: string, date: string, crates: string[]}} Copy crates: those that it was asked about */

const SOURCE = 'https://github.com/RustSec/advisory-db'
const FOLDER = path.join(ROOT, 'infra/advisories')
const COPY = path.join(FOLDER, 'copy.json')
const NPM = path.join(FOLDER, 'npm.json')
/** How cargo-deny calls the folder of that source. */
const DATABASE = 'advisory-db-3157b0e258782691'
const DAY_MS = 86_400_000
const FRESH_FOR_DAYS = 30
const TARGETS = ['x86_64-unknown-linux-gnu', 'aarch64-unknown-linux-gnu']

/** @param {string} file */
const readJson = (file) => JSON.parse(fs.readFileSync(file, 'utf8'))

/** @param {string} file @param {unknown} content */
const writeJson = (file, content) => fs.writeFileSync(file, `${JSON.stringify(content, null, 2)}\n`)

/** @returns {string[]} of crates.io */
function lockedCrates() {
  const lock = fs.readFileSync(path.join(ROOT, 'Cargo.lock'), 'utf8')
  const names = lock
    .split('[[package]]')
    .filter((block) => /^source = "registry\+/m.test(block))
    .map((block) => /^name = "([^"]+)"/m.exec(block)?.[1] ?? '')
  return [...new Set(names)].sort()
}

/**
 * What makes the answer of a check worth less. Warnings: a copy does not grow old by anybody's change.
 * @param {Copy} copy
 * @param {string[]} crates
 * @param {number} now
 */
export function doubtsAbout(copy, crates, now) {
  const days = Math.floor((now - Date.parse(copy.date)) / DAY_MS)
  const age = `The advisories about crates are of ${copy.date.slice(0, 10)}, ${days} days old.`
  const unknown = crates.filter((name) => !copy.crates.includes(name))
  return [
    days > FRESH_FOR_DAYS ? `WARNING: ${age} Bring them up to date: ./dev advisories` : age,
    ...(unknown.length > 0
      ? [
          `WARNING: nobody asked yet about ${unknown.length} crates that came since: ${unknown.join(', ')}. ./dev advisories does.`,
        ]
      : []),
  ]
}

/**
 * cargo-deny wants a repository of git's, and the whole graph where there is no network.
 * @param {Settings} settings
 * @param {string} [folder] of advisories
 * @returns {Promise<string | null>} a complaint
 */
export async function crateComplaint(settings, folder = FOLDER) {
  if (folder === FOLDER) doubtsAbout(readJson(COPY), lockedCrates(), Date.now()).forEach(say)
  fs.mkdirSync(settings.dataDir, { recursive: true })
  const work = fs.mkdtempSync(path.join(settings.dataDir, 'advisories-'))
  try {
    const database = path.join(work, DATABASE)
    fs.cpSync(path.join(folder, 'crates'), path.join(database, 'crates'), { recursive: true })
    const nobody = [
      '-c',
      'user.name=nobody',
      '-c',
      'user.email=nobody@localhost',
      '-c',
      'commit.gpgsign=false',
    ]
    for (const words of [
      ['init', '--quiet'],
      ['add', '.'],
      [...nobody, 'commit', '--quiet', '--message', 'A copy'],
    ]) {
      const argv = ['git', '-C', database, ...words]
      await mustRun({ argv, output: 'capture' }, 'The advisories cannot be made a repository')
    }
    const config = path.join(work, 'deny.toml')
    const rules = fs.readFileSync(path.join(ROOT, 'deny.toml'), 'utf8')
    fs.writeFileSync(config, rules.replace('[advisories]', `[advisories]\ndb-path = ${JSON.stringify(work)}`))
    const metadata = path.join(work, 'metadata.json')
    const platforms = TARGETS.flatMap((target) => ['--filter-platform', target])
    const graph = ['cargo', 'metadata', '--locked', '--format-version', '1', ...platforms]
    const output = await mustRun(
      { argv: graph, cwd: ROOT, env: settings.env, output: 'stdout' },
      'cargo metadata failed',
    )
    fs.writeFileSync(metadata, output)
    const argv = [
      await cargoDeny(settings),
      '--config',
      config,
      '--metadata-path',
      metadata,
      '--locked',
      '--offline',
    ]
    const checked = await run({
      argv: [...argv, 'check', '--hide-inclusion-graph', 'advisories'],
      cwd: ROOT,
      env: settings.env,
      output: 'capture',
    })
    return checked.code === 0 ? null : checked.output || `cargo deny exits with ${checked.code}`
  } finally {
    fs.rmSync(work, { recursive: true })
  }
}

/** @returns {string | null} a complaint about the storefront's packages, as far as anybody knows */
export function packageComplaint() {
  if (!fs.existsSync(NPM)) {
    say(
      'WARNING: npm was never asked about the packages of the storefront: its registry did not answer yet. ./dev advisories asks again.',
    )
    return null
  }
  const { date, found } = readJson(NPM)
  say(`npm's advisories are of ${date.slice(0, 10)}.`)
  return found.length === 0 ? null : found.join('\n')
}

/**
 * @param {Settings} settings
 * @param {string | undefined} given a copy of RustSec's repository; the network's where none is given
 */
export async function refreshAdvisories(settings, given) {
  const work = fs.mkdtempSync(path.join(settings.cacheDir, 'advisories-'))
  try {
    const from = given ?? path.join(work, 'repository')
    const git = (/** @type {string[]} */ ...words) =>
      mustRun({ argv: ['git', ...words], output: 'capture', timeoutMs: 300_000 }, 'RustSec cannot be read')
    if (!given) await git('clone', '--quiet', '--depth', '1', SOURCE, from)
    const [commit, date] = (await git('-C', from, 'log', '-1', '--format=%H %cI')).trim().split(' ')
    const archive = path.join(work, 'crates.tar')
    await git('-C', from, 'archive', '--output', archive, 'HEAD', 'crates')
    await mustRun(
      { argv: ['tar', '-xf', archive, '-C', work], output: 'capture' },
      'RustSec cannot be unpacked',
    )
    const crates = lockedCrates()
    fs.rmSync(path.join(FOLDER, 'crates'), { recursive: true, force: true })
    for (const name of crates) {
      const advisories = path.join(work, 'crates', name)
      if (!fs.existsSync(advisories)) continue
      fs.cpSync(advisories, path.join(FOLDER, 'crates', name), { recursive: true })
    }
    writeJson(COPY, { source: SOURCE, commit, date, crates })
    say(`Advisories about ${crates.length} crates, of ${date.slice(0, 10)}, are in infra/advisories.`)
  } finally {
    fs.rmSync(work, { recursive: true })
  }
  await askNpm(settings)
}

/** @param {Settings} settings */
async function askNpm(settings) {
  const argv = ['npm', 'audit', '--json', '--package-lock-only']
  const { output } = await run({
    argv,
    cwd: FRONTEND,
    env: settings.env,
    output: 'stdout',
    timeoutMs: 120_000,
  })
  /** @type {{vulnerabilities?: Record<string, {severity: string, range: string, via: (string | {title: string, url: string})[]}>}} */
  let answer = {}
  try {
    answer = JSON.parse(output)
  } catch {
    // The registry did not answer.
  }
  if (!answer.vulnerabilities) {
    throw new Stop(
      "npm's registry did not say what it knows about the packages of the storefront; what is kept of it stays.",
    )
  }
  const found = Object.entries(answer.vulnerabilities).flatMap(([name, { severity, range, via }]) =>
    via.flatMap((hole) =>
      typeof hole === 'string' ? [] : [`${name} ${range} (${severity}): ${hole.title} ${hole.url}`],
    ),
  )
  writeJson(NPM, { date: new Date().toISOString(), found })
}
