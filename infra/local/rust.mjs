// Cargo: one build of everything that is run or tested, in the one profile that the workspace has for both.
import fs from 'node:fs'
import path from 'node:path'
import { mustRun } from './processes.mjs'
import { binary } from './services/binaries.mjs'
import { ROOT } from './settings.mjs'

/** @typedef {import('./settings.mjs').Settings} Settings */

/** @param {Settings} settings */
export function cargoEnv(settings) {
  return { ...settings.env, CARGO_TARGET_DIR: settings.targetDir }
}

/**
 * Builds every program. The whole workspace and not single packages: cargo resolves features over what it is
 * asked to build, and would build twice.
 * @param {Settings} settings
 */
export async function buildBinaries(settings) {
  keepBinaries(settings, await build(settings, ['--bins']))
}

/**
 * Builds every program and every test, once. The tests are then run by us, one executable after the other
 * (testing/rust_suites.mjs).
 * @param {Settings} settings
 * @returns {Promise<TestTarget[]>}
 */
export async function buildTests(settings) {
  const messages = await build(settings, ['--bins', '--tests'])
  keepBinaries(settings, messages)
  return testTargets(messages)
}

/**
 * Test executables and the package that each belongs to.
 * @typedef {{package: string, folder: string, target: string, kind: string, executable: string}} TestTarget
 */

/**
 * @param {Settings} settings
 * @param {string[]} targets
 * @returns {Promise<string>} cargo's messages, one JSON document a line
 */
function build(settings, targets) {
  const argv = [
    'cargo',
    'build',
    '--locked',
    '--workspace',
    ...targets,
    '--message-format=json-render-diagnostics',
  ]
  const command = { argv, cwd: ROOT, env: cargoEnv(settings), output: /** @type {'stdout'} */ ('stdout') }
  return mustRun(command, 'cargo build failed; its messages are above')
}

/**
 * Gives this copy programs of its own: the target folder is shared, and the next build must not change what
 * is running.
 * @param {Settings} settings
 * @param {string} messages
 */
function keepBinaries(settings, messages) {
  fs.mkdirSync(settings.binDir, { recursive: true })
  for (const { target, profile, executable } of artifacts(messages)) {
    if (profile.test || !target.kind.includes('bin')) continue
    const kept = binary(settings, target.name)
    fs.copyFileSync(executable, `${kept}.new`, fs.constants.COPYFILE_FICLONE)
    fs.renameSync(`${kept}.new`, kept)
  }
}

/**
 * @typedef {{reason: string, manifest_path: string, target: {name: string, kind: string[]}, profile: {test: boolean},
 *   executable: string}} Artifact
 * @param {string} messages
 * @returns {Artifact[]} those that can be run
 */
function artifacts(messages) {
  return messages
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line))
    .filter(({ reason, executable }) => reason === 'compiler-artifact' && executable)
}

/**
 * @param {string} messages cargo's, one JSON document a line
 * @returns {TestTarget[]}
 */
export function testTargets(messages) {
  return artifacts(messages)
    .filter(({ profile }) => profile.test)
    .map((message) => ({
      package: packageName(message.manifest_path),
      folder: path.dirname(message.manifest_path),
      target: message.target.name,
      kind: message.target.kind[0],
      executable: message.executable,
    }))
    .sort((a, b) => `${a.package} ${a.kind} ${a.target}`.localeCompare(`${b.package} ${b.kind} ${b.target}`))
}

/** @param {string} manifest `…/command-api/event-store/Cargo.toml` → `event-store`: a package is named like its folder */
function packageName(manifest) {
  return path.basename(path.dirname(manifest))
}
