// The template as it is used, in a real nginx, before two servers that stand where the APIs stand.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import http from 'node:http'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { newSupervisor } from '../supervisor.mjs'
import { fillIn, pagePolicy } from './nginx.mjs'

const template = fs.readFileSync(
  fileURLToPath(new URL('../../docker/nginx.conf.template', import.meta.url)),
  'utf8',
)
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'cartwright-nginx-'))
const supervisor = newSupervisor({ logsDir: folder })
/** @type {http.Server} */
let api
/** @type {http.ServerResponse | null} the live stream that is open */
let stream = null
let origin = ''

before(async () => {
  assert.equal(
    spawnSync('nginx', ['-v']).status,
    0,
    'nginx is not installed: use ./dev test, or apt-get install nginx',
  )
  api = http
    .createServer((request, answer) => {
      if (/^\/api\/queries\/(live|orders\/1\/live\?key=k)$/.test(request.url ?? '')) {
        answer.writeHead(200, { 'content-type': 'text/event-stream' })
        answer.write('event: cart\n\n')
        stream = answer
      } else {
        answer.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'private, no-cache' })
        answer.end(JSON.stringify({ url: request.url, origin: request.headers.origin ?? null }))
      }
    })
    .listen(0, '127.0.0.1')
  await once(api, 'listening')
  const apiAddress = `127.0.0.1:${port(api)}`

  const dist = path.join(folder, 'dist')
  fs.mkdirSync(path.join(dist, 'assets'), { recursive: true })
  fs.writeFileSync(path.join(dist, 'index.html'), '<!doctype html>the shop')
  fs.writeFileSync(path.join(dist, 'assets/app-1a2b.js'), 'x'.repeat(4000))

  const [own, dead] = [await freePort(), await freePort()]
  origin = `http://127.0.0.1:${own}`
  const config = path.join(folder, 'nginx.conf')
  fs.writeFileSync(
    config,
    fillIn(template, {
      RUN_DIR: folder,
      USER_DIRECTIVE: process.getuid?.() === 0 ? 'user root;' : '',
      LISTEN: `listen 127.0.0.1:${own};`,
      STOREFRONT_DIR: dist,
      COMMAND_API: `127.0.0.1:${dead}`,
      QUERY_API: apiAddress,
      ...pagePolicy(undefined),
    }),
  )
  await supervisor.start({
    name: 'nginx',
    url: origin,
    probe: { kind: 'http', url: `${origin}/` },
    stopSignal: 'SIGQUIT',
    command: { argv: ['nginx', '-p', folder, '-e', 'stderr', '-c', config, '-g', 'daemon off;'] },
  })
})

after(async () => {
  await supervisor.stopAll()
  api?.closeAllConnections()
  api?.close()
  fs.rmSync(folder, { recursive: true })
})

test('a variable that nobody fills in is an error, and nginx keeps its own', () => {
  assert.equal(fillIn('root ${DIR}; try $uri;', { DIR: '/a' }), 'root /a; try $uri;')
  assert.throws(() => fillIn('${DIR} ${OTHER}', { DIR: '/a' }), /OTHER/)
})

test('a page loads from its own origin and frames nobody; only where Stripe takes payments it lets Stripe in', () => {
  /** @param {string | undefined} gateway */
  const policy = (gateway) =>
    fillIn(
      'script-src ${SCRIPTS_FROM}; frame-src ${FRAMES_FROM}; connect-src ${CONNECTS_TO}',
      pagePolicy(gateway),
    )
  for (const own of [undefined, '', 'sandbox']) {
    assert.equal(policy(own), "script-src 'self'; frame-src 'none'; connect-src 'self'")
  }
  assert.match(
    policy('stripe'),
    /script-src 'self' https:\/\/js\.stripe\.com .*connect-src 'self' https:\/\/api\.stripe\.com/,
  )
})

test('every path of the storefront is its page, asked for anew each time', async () => {
  for (const at of ['/', '/products/KIT-MUG-STONE', '/index.html']) {
    const answer = await fetch(origin + at)
    assert.equal(answer.status, 200)
    assert.equal(await answer.text(), '<!doctype html>the shop')
    assert.equal(answer.headers.get('cache-control'), 'no-cache')
    assert.match(answer.headers.get('content-security-policy') ?? '', /script-src 'self';/)
    assert.equal(answer.headers.get('x-content-type-options'), 'nosniff')
    assert.ok(answer.headers.get('referrer-policy'))
  }
})

test('who comes by HTTPS is told to stay there, pages and APIs alike, and nobody else is', async () => {
  for (const at of ['/', '/api/queries/products']) {
    const plain = await fetch(origin + at)
    assert.equal(plain.headers.get('strict-transport-security'), null)
    const secure = await fetch(origin + at, { headers: { 'x-forwarded-proto': 'https' } })
    assert.equal(secure.headers.get('strict-transport-security'), 'max-age=63072000; includeSubDomains')
  }
})

test('a request whose head never ends is let go', async () => {
  const socket = net.connect(Number(new URL(origin).port), '127.0.0.1', () =>
    socket.write('GET / HTTP/1.1\r\nHost: shop\r\nX-Slow: '),
  )
  socket.resume() // whatever it says before it closes
  await once(socket, 'close')
})

test('hashed assets are kept for ever and compressed; one that is gone is not the page', async () => {
  const found = await fetch(`${origin}/assets/app-1a2b.js`)
  assert.equal(found.headers.get('cache-control'), 'public, max-age=31536000, immutable')
  assert.equal(found.headers.get('content-encoding'), 'gzip')
  const gone = await fetch(`${origin}/assets/app-old.js`)
  assert.equal(gone.status, 404)
  assert.equal(gone.headers.get('cache-control'), null)
})

test('the query API answers under the same origin and says itself what may be cached', async () => {
  const answer = await fetch(`${origin}/api/queries/products?q=mug`)
  assert.equal((await json(answer)).url, '/api/queries/products?q=mug')
  assert.equal(answer.headers.get('cache-control'), 'private, no-cache')
})

test('the Origin of a request reaches the API as the browser sent it', async () => {
  const answer = await fetch(`${origin}/api/queries/products`, {
    headers: { origin: 'https://evil.example' },
  })
  assert.equal((await json(answer)).origin, 'https://evil.example')
})

test('an API that does not answer is a problem document that says when to come back', async () => {
  const answer = await fetch(`${origin}/api/commands/carts`, { method: 'POST', body: '{}' })
  assert.equal(answer.status, 502)
  assert.equal(answer.headers.get('content-type'), 'application/problem+json')
  assert.equal(answer.headers.get('retry-after'), '2')
  assert.deepEqual(await problem(answer), ['/problems/unavailable', 502])
})

test('a body over 64 KiB and a route that is none are problem documents', async () => {
  const large = await fetch(`${origin}/api/commands/carts`, { method: 'POST', body: 'x'.repeat(65 * 1024) })
  assert.deepEqual(await problem(large), ['/problems/body-too-large', 413])
  assert.deepEqual(await problem(await fetch(`${origin}/api/other`)), ['/problems/not-found', 404])
})

for (const live of ['/api/queries/live', '/api/queries/orders/1/live?key=k']) {
  test(`an event of ${live} leaves at once`, () => leavesAtOnce(live))
}

/** @param {string} live */
async function leavesAtOnce(live) {
  const answer = await fetch(origin + live, { headers: { 'accept-encoding': 'gzip' } })
  const reader = /** @type {ReadableStream<Uint8Array>} */ (answer.body).getReader()
  const next = async () => new TextDecoder().decode((await reader.read()).value)
  assert.equal(await next(), 'event: cart\n\n')
  stream?.write('event: offers\n\n') // the stream stays open: were it buffered, this would never arrive
  assert.equal(await next(), 'event: offers\n\n')
  await reader.cancel()
}

/** @param {Response} answer */
async function problem(answer) {
  assert.equal(answer.headers.get('content-type'), 'application/problem+json')
  const { type, status } = await json(answer)
  return [type, status]
}

/**
 * @param {Response} answer
 * @returns {Promise<any>}
 */
function json(answer) {
  return answer.json()
}

/** @param {net.Server} server */
function port(server) {
  return /** @type {net.AddressInfo} */ (server.address()).port
}

/** @returns {Promise<number>} */
async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const free = port(server)
  await new Promise((resolve) => server.close(resolve))
  return free
}
