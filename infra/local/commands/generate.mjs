// `./dev generate`: the files that are made from the code and committed beside it. `./dev check` asks with
// `drift` whether they still agree.
import fs from 'node:fs'
import path from 'node:path'
import { mustRun } from '../processes.mjs'
import { buildBinaries } from '../rust.mjs'
import { binary } from '../services/binaries.mjs'
import { ROOT } from '../settings.mjs'
import { say } from '../stop.mjs'
import { FRONTEND, installPackages } from '../storefront.mjs'

/** @typedef {import('../settings.mjs').Settings} Settings */

const OPENAPI = { 'command-api': 'docs/openapi/command-api.json', 'query-api': 'docs/openapi/query-api.json' }
const CLIENT_TYPES = {
  'command-api': 'src/api/generated/commands.ts',
  'query-api': 'src/api/generated/queries.ts',
}

/** @param {Settings} settings */
export async function generate(settings) {
  await buildBinaries(settings)
  await installPackages(settings)
  for (const [file, content] of await generated(settings)) {
    fs.mkdirSync(path.dirname(file), { recursive: true })
    fs.writeFileSync(file, content)
    say(path.relative(ROOT, file))
  }
}

/**
 * Expects binaries and packages to be there.
 * @param {Settings} settings
 * @returns {Promise<string[]>} the committed files that differ from what the code says now
 */
export async function drift(settings) {
  const files = await generated(settings)
  return files
    .filter(([file, content]) => !fs.existsSync(file) || fs.readFileSync(file, 'utf8') !== content)
    .map(([file]) => path.relative(ROOT, file))
}

/**
 * @param {Settings} settings
 * @returns {Promise<[file: string, content: string][]>}
 */
async function generated(settings) {
  /** @type {[string, string][]} */
  const files = []
  for (const [name, file] of Object.entries(OPENAPI)) {
    const document = await mustRun(
      { argv: [binary(settings, name), 'openapi'], output: 'stdout', timeoutMs: 30_000 },
      `${name} cannot describe itself`,
    )
    files.push([path.join(ROOT, file), document])
    const target = /** @type {Record<string, string>} */ (CLIENT_TYPES)[name]
    files.push([path.join(FRONTEND, target), await clientTypes(settings, document, target)])
  }
  return files
}

/**
 * @param {Settings} settings
 * @param {string} document
 * @param {string} target for Prettier, whose rules depend on the file's place
 */
async function clientTypes(settings, document, target) {
  const folder = fs.mkdtempSync(path.join(settings.dataDir, 'generate-'))
  try {
    const input = path.join(folder, 'openapi.json')
    const output = path.join(folder, 'types.ts')
    fs.writeFileSync(input, document)
    const argv = ['npx', '--no-install', 'openapi-typescript', input, '--output', output]
    await mustRun(
      { argv, cwd: FRONTEND, output: 'capture', timeoutMs: 120_000 },
      "The storefront's types cannot be made",
    )
    return fs.readFileSync(output, 'utf8')
  } finally {
    fs.rmSync(folder, { recursive: true })
  }
}
