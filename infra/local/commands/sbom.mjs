// `./dev sbom [FOLDER]`: what the shop is made of, in CycloneDX: the crates that are linked, and the packages of the storefront.
import fs from 'node:fs'
import path from 'node:path'
import { parseFlags } from '../flags.mjs'
import { mustRun } from '../processes.mjs'
import { ROOT } from '../settings.mjs'
import { Stop, USAGE, say } from '../stop.mjs'
import { FRONTEND } from '../storefront.mjs'

/** @typedef {{name: string, version: string, id: string, license: string | null, source: string | null}} Package cargo's */

/**
 * @param {import('../settings.mjs').Settings} settings
 * @param {string[]} args
 */
export async function sbom(settings, args) {
  const { rest } = parseFlags(args, [])
  if (rest.length > 1) throw new Stop('Usage: ./dev sbom [FOLDER]', USAGE)
  const folder = path.resolve(rest[0] ?? path.join(settings.dataDir, 'sbom'))
  fs.mkdirSync(folder, { recursive: true })
  const kept = { cwd: ROOT, env: settings.env, output: /** @type {'stdout'} */ ('stdout') }
  const platform = ['--filter-platform', 'x86_64-unknown-linux-gnu']
  const metadata = await mustRun(
    { argv: ['cargo', 'metadata', '--locked', '--format-version', '1', ...platform], ...kept },
    'cargo metadata failed',
  )
  const crates = path.join(folder, 'crates.cdx.json')
  const lock = fs.readFileSync(path.join(ROOT, 'Cargo.lock'), 'utf8')
  fs.writeFileSync(crates, `${JSON.stringify(ofCrates(JSON.parse(metadata), lock), null, 2)}\n`)
  const npm = ['npm', 'sbom', '--sbom-format', 'cyclonedx', '--package-lock-only']
  const packages = path.join(folder, 'packages.cdx.json')
  fs.writeFileSync(packages, await mustRun({ argv: npm, ...kept, cwd: FRONTEND }, 'npm sbom failed'))
  say(`${crates}\n${packages}`)
}

/**
 * @param {{packages: Package[], resolve: {nodes: {id: string, dependencies: string[]}[]}}} metadata
 * @param {string} lock Cargo.lock, which has the digests
 */
export function ofCrates({ packages, resolve }, lock) {
  const purl = (/** @type {Package} */ { name, version }) => `pkg:cargo/${name}@${version}`
  const byId = new Map(packages.map((one) => [one.id, one]))
  const linked = resolve.nodes.flatMap(({ id, dependencies }) => {
    const of = byId.get(id)
    return of ? [{ of, dependencies: dependencies.flatMap((one) => byId.get(one) ?? []) }] : []
  })
  const digests = new Map(
    [
      ...lock.matchAll(/name = "([^"]+)"\nversion = "([^"]+)"\nsource = "[^"]+"\nchecksum = "([0-9a-f]+)"/g),
    ].map(([, name, version, digest]) => [`pkg:cargo/${name}@${version}`, digest]),
  )
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    metadata: { component: { type: 'application', name: 'cartwright', 'bom-ref': 'cartwright' } },
    components: linked.map(({ of }) => {
      const digest = digests.get(purl(of))
      return {
        type: of.source ? 'library' : 'application',
        'bom-ref': purl(of),
        name: of.name,
        version: of.version,
        purl: purl(of),
        ...(of.license ? { licenses: [{ expression: of.license.replaceAll('/', ' OR ') }] } : {}),
        ...(digest ? { hashes: [{ alg: 'SHA-256', content: digest }] } : {}),
      }
    }),
    dependencies: linked.map(({ of, dependencies }) => ({
      ref: purl(of),
      dependsOn: dependencies.map(purl),
    })),
  }
}
