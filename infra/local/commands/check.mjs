// `./dev check`: everything that can be said about the code without running the shop. All checks are made,
// then those that do not hold are listed.
import fs from 'node:fs'
import path from 'node:path'
import { crateComplaint, packageComplaint } from '../advisories.mjs'
import { run } from '../processes.mjs'
import { buildTests, cargoEnv } from '../rust.mjs'
import { ROOT } from '../settings.mjs'
import { FAILED, say } from '../stop.mjs'
import { FRONTEND, installPackages } from '../storefront.mjs'
import { cargoDeny, cargoMachete } from '../tools.mjs'
import { drift } from './generate.mjs'

/** @typedef {import('../settings.mjs').Settings} Settings */
/** @typedef {{name: string, complaint: () => Promise<string | null>}} Check complaint: null = it holds */

/** @param {Settings} settings */
export async function check(settings) {
  fs.mkdirSync(settings.dataDir, { recursive: true })
  await installPackages(settings)
  const broken = []
  const checks = [
    ...rustChecks(settings),
    ...javascriptChecks(settings),
    ...alertChecks(settings),
    driftCheck(settings),
  ]
  for (const { name, complaint } of checks) {
    const started = Date.now()
    const found = await complaint()
    if (found) process.stderr.write(`${found.trimEnd()}\n`)
    say(`${found ? 'BROKEN' : 'holds '}  ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`)
    if (found) broken.push(name)
  }
  console.log(broken.length === 0 ? `All ${checks.length} checks hold.` : `Broken: ${broken.join(', ')}.`)
  if (broken.length > 0) process.exitCode = FAILED
}

/** @param {Settings} settings @returns {Check[]} */
function rustChecks(settings) {
  const env = cargoEnv(settings)
  const clippy = [
    'cargo',
    'clippy',
    '--locked',
    '--workspace',
    '--all-targets',
    '--keep-going',
    '--quiet',
    '--',
    '-D',
    'warnings',
  ]
  return [
    { name: 'Rust format', complaint: complaintOf(['cargo', 'fmt', '--all', '--check'], { env }) },
    { name: 'Clippy', complaint: complaintOf(clippy, { env }) },
    {
      name: 'arrows between crates, licences, sources (cargo deny)',
      complaint: async () => {
        const which = ['bans', 'licenses', 'sources']
        return complaintOf(
          [await cargoDeny(settings), '--locked', 'check', '--hide-inclusion-graph', ...which],
          { env },
        )()
      },
    },
    { name: 'advisories about crates', complaint: () => crateComplaint(settings) },
    { name: 'advisories about packages', complaint: async () => packageComplaint() },
    {
      name: 'unused dependencies (cargo machete)',
      complaint: async () => complaintOf([await cargoMachete(settings), ROOT], { env })(),
    },
  ]
}

/** @param {Settings} settings @returns {Check[]} */
function javascriptChecks(settings) {
  const options = { cwd: FRONTEND, env: settings.env }
  const ours = path.join(ROOT, 'infra/local')
  const npx = (/** @type {string[]} */ ...command) => ['npx', '--no-install', ...command]
  const format = npx('prettier', '--check', '--log-level=warn')
  const config = ['--config', path.join(FRONTEND, '.prettierrc.json')]
  return [
    { name: 'storefront: format', complaint: complaintOf([...format, '.'], options) },
    { name: 'storefront: ESLint', complaint: complaintOf(npx('eslint', '.'), options) },
    { name: 'storefront: types', complaint: complaintOf(npx('tsc', '-b', '--noEmit'), options) },
    {
      name: 'infra/local: format',
      complaint: complaintOf([...format, ...config, `${ours}/**/*.mjs`], options),
    },
    { name: 'infra/local: types', complaint: complaintOf(npx('tsc', '--project', ours), options) },
  ]
}

/** @param {Settings} settings @returns {Check[]} */
function alertChecks(settings) {
  const cwd = path.join(ROOT, 'infra/prometheus')
  const promtool = (/** @type {string[]} */ ...command) =>
    complaintOf(['promtool', ...command], { cwd, env: settings.env })
  return [
    { name: 'alerts', complaint: promtool('check', 'rules', 'alerts.yml') },
    { name: 'alerts: what fires', complaint: promtool('test', 'rules', 'alerts.test.yml') },
  ]
}

/** @param {Settings} settings @returns {Check} */
function driftCheck(settings) {
  return {
    name: 'generated files',
    complaint: async () => {
      await buildTests(settings) // as `./dev test` builds them: the binaries alone would be another build
      const stale = await drift(settings)
      return stale.length === 0 ? null : `Out of date: ${stale.join(', ')}. Run ./dev generate and commit.`
    },
  }
}

/**
 * @param {string[]} argv
 * @param {{cwd?: string, env?: NodeJS.ProcessEnv}} options
 * @returns {Check['complaint']}
 */
function complaintOf(argv, { cwd = ROOT, env }) {
  return async () => {
    const { code, output, timedOut } = await run({ argv, cwd, env, output: 'capture' })
    if (timedOut) return `${argv.join(' ')} did not end in time.`
    return code === 0 ? null : output || `${argv.join(' ')} exits with ${code}.`
  }
}
