// The storefront's packages and its build, each only when what it is made of has changed.
import fs from 'node:fs'
import path from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { digestOf, filesBelow } from './digest.mjs'
import { mustRun } from './processes.mjs'
import { ROOT } from './settings.mjs'

export const FRONTEND = path.join(ROOT, 'frontend')

/** Not sources of the build, whatever changes in them. */
const BESIDE_THE_BUILD = new Set([
  'node_modules',
  'dist',
  'e2e',
  'test-results',
  'playwright-report',
  'coverage',
])

/** @param {import('./settings.mjs').Settings} settings */
export async function installPackages(settings) {
  const wanted = digestOf([path.join(FRONTEND, 'package-lock.json')])
  const installed = path.join(FRONTEND, 'node_modules/.lock.digest')
  if (fs.existsSync(installed) && fs.readFileSync(installed, 'utf8') === wanted) return 'already here'
  await mustRun(
    {
      argv: ['npm', 'ci', '--no-audit', '--no-fund', '--loglevel=error'],
      cwd: FRONTEND,
      env: { ...settings.env, PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD: '1' },
      output: 'capture',
      logFile: path.join(settings.logsDir, 'npm-ci.log'),
      timeoutMs: 15 * 60_000,
    },
    "The storefront's packages cannot be installed",
  )
  fs.writeFileSync(installed, wanted)
  return 'installed'
}

/** @param {import('./settings.mjs').Settings} settings */
export async function buildStorefront(settings) {
  await installPackages(settings)
  const dist = path.join(FRONTEND, 'dist')
  const sources = fs.readdirSync(FRONTEND).filter((name) => !BESIDE_THE_BUILD.has(name))
  const wanted = digestOf(sources.sort().map((name) => path.join(FRONTEND, name)))
  const built = path.join(FRONTEND, 'node_modules/.dist.digest')
  if (
    fs.existsSync(path.join(dist, 'index.html')) &&
    fs.existsSync(built) &&
    fs.readFileSync(built, 'utf8') === wanted
  ) {
    return 'unchanged'
  }
  await mustRun(
    {
      argv: ['npm', 'run', '--silent', 'build'],
      cwd: FRONTEND,
      output: 'capture',
      logFile: path.join(settings.logsDir, 'storefront-build.log'),
      timeoutMs: 15 * 60_000,
    },
    'The storefront cannot be built',
  )
  compress(dist)
  fs.writeFileSync(built, wanted)
  return 'built'
}

/**
 * A .gz beside each text file, and a .br beside each that has a type of its own in nginx's configuration: they are sent as they are.
 * @param {string} dist
 */
export function compress(dist) {
  for (const file of filesBelow(dist)) {
    if (/\.(js|css|html|svg|json|webmanifest|txt)$/.test(file)) {
      fs.writeFileSync(`${file}.gz`, gzipSync(fs.readFileSync(file), { level: 9 }))
    }
    if (/[/\\]assets[/\\].+\.(js|css|svg)$/.test(file)) {
      fs.writeFileSync(`${file}.br`, brotliCompressSync(fs.readFileSync(file))) // at its best by default
    }
  }
}
