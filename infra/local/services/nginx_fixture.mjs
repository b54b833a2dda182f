// nginx for tests: the template as it is used, in a real nginx, before a server that stands where the APIs stand.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import http from 'node:http'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { isFree } from '../ports.mjs'
import { newSupervisor } from '../supervisor.mjs'
import { compress } from '../storefront.mjs'
import { fillIn, pagePolicy, realIpFrom, securityContact } from './nginx.mjs'
import { listen } from './nginx_tls.mjs'

/** @typedef {Awaited<ReturnType<typeof newNginxFixture>>} NginxFixture */

export const template = fs.readFileSync(
  fileURLToPath(new URL('../../docker/nginx.conf.template', import.meta.url)),
  'utf8',
)

/** What no request may be answered with: it stands in every file that is not the storefront's. */
export const NOT_FOR_READERS = 'not for whoever asks'

/** @param {http.RequestListener} api what both APIs answer */
export async function newNginxFixture(api) {
  assert.equal(
    spawnSync('nginx', ['-v']).status,
    0,
    'nginx is not installed: use ./dev test, or apt-get install nginx',
  )
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'cartwright-nginx-'))
  const supervisor = newSupervisor({ logsDir: folder })
  const server = http.createServer(api).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const apiAddress = `127.0.0.1:${portOf(server)}`
  const repository = path.join(folder, 'repository')
  const dist = path.join(repository, 'dist')
  writeStorefront(dist)
  writeWhatIsNotServed(repository)

  /**
   * @param {string} name
   * @param {string} commandApi
   * @param {string} queryApi
   * @param {Record<string, string>} [given] variables that are not as on a developer's machine
   * @param {number | null} [tlsPort] where it speaks TLS as well
   * @returns {Promise<string>} its origin over http
   */
  async function start(name, commandApi, queryApi, given = {}, tlsPort = null) {
    const own = await freePort()
    const runDir = path.join(folder, name)
    fs.mkdirSync(runDir)
    const config = path.join(runDir, 'nginx.conf')
    fs.writeFileSync(
      config,
      fillIn(template, {
        RUN_DIR: runDir,
        USER_DIRECTIVE: process.getuid?.() === 0 ? 'user root;' : '',
        LISTEN: listen(
          ['127.0.0.1'],
          tlsPort === null ? { port: own, plainPort: null } : { port: tlsPort, plainPort: own },
        ),
        STOREFRONT_DIR: dist,
        COMMAND_API: commandApi,
        QUERY_API: queryApi,
        REAL_IP_FROM: realIpFrom(undefined),
        CERTIFICATE: '',
        HTTPS_ORIGINS: '',
        BALANCER_NETWORKS: '',
        REQUESTS_OF_ONE_ADDRESS: '4096',
        ...pagePolicy(undefined),
        ...securityContact(undefined),
        ...given,
      }),
    )
    const url = `http://127.0.0.1:${own}`
    await supervisor.start({
      name,
      url,
      probe: { kind: 'http', url: `${url}/healthz` },
      stopSignal: 'SIGQUIT',
      command: { argv: ['nginx', '-p', runDir, '-e', 'stderr', '-c', config, '-g', 'daemon off;'] },
    })
    return url
  }

  return {
    folder,
    apiAddress,
    start,
    stop: async () => {
      await supervisor.stopAll()
      server.closeAllConnections()
      server.close()
      fs.rmSync(folder, { recursive: true })
    },
  }
}

/** As the build leaves it. @param {string} dist */
function writeStorefront(dist) {
  fs.mkdirSync(path.join(dist, 'assets'), { recursive: true })
  fs.writeFileSync(path.join(dist, 'index.html'), '<!doctype html>the shop')
  fs.writeFileSync(path.join(dist, 'assets/app-1a2b.js'), 'x'.repeat(4000))
  fs.writeFileSync(path.join(dist, 'assets/app-1a2b.css'), 'y'.repeat(4000))
  fs.writeFileSync(path.join(dist, 'icon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>')
  fs.writeFileSync(path.join(dist, 'robots.txt'), 'User-agent: *\n')
  fs.writeFileSync(path.join(dist, 'service-worker.js'), 'self.skipWaiting')
  compress(dist)
}

/**
 * Beside the storefront's folder, and, of what begins with a dot, in it as well: somebody may build where they should not.
 * @param {string} repository
 */
function writeWhatIsNotServed(repository) {
  for (const name of ['package.json', '.env', '.git/config', 'assets/app.js.map', 'backup.sql'])
    writeBelow(repository, name)
  for (const name of [
    '.env',
    '.git/config',
    'assets/.env',
    'assets/.cache/app.js',
    'assets/.cache/icon.svg',
    'old/.git/config',
    '.well-known/.git/config',
  ])
    writeBelow(path.join(repository, 'dist'), name)
}

/** @param {string} folder @param {string} name */
function writeBelow(folder, name) {
  const file = path.join(folder, name)
  fs.mkdirSync(path.dirname(file), { recursive: true })
  fs.writeFileSync(file, NOT_FOR_READERS)
}

/**
 * What is answered to these bytes.
 * @param {string} origin
 * @param {string} head
 * @returns {Promise<string>}
 */
export async function sentTo(origin, head) {
  const socket = net.connect(Number(new URL(origin).port), '127.0.0.1', () => socket.end(head))
  return Buffer.concat(await socket.toArray()).toString()
}

/** @param {net.Server} server */
function portOf(server) {
  return /** @type {net.AddressInfo} */ (server.address()).port
}

/** Below the range from which the kernel takes the ports of outgoing connections, and apart from what a copy of the shop or the system tests take. */
const FIRST_PORT = 12_000
const PORTS = 3_000
/** Test files run side by side, as processes. */
let nextPort = process.pid % PORTS

/** @returns {Promise<number>} */
export async function freePort() {
  for (let tried = 0; tried < PORTS; tried += 1) {
    nextPort = (nextPort + 1) % PORTS
    if (await isFree(FIRST_PORT + nextPort)) return FIRST_PORT + nextPort
  }
  throw new Error(`no port from ${FIRST_PORT} on is free`)
}
