// The template as it is used, in a real nginx, before two servers that stand where the APIs stand.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
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

  origin = await startNginx('nginx', `127.0.0.1:${await freePort()}`, apiAddress)
})

/**
 * @param {string} name
 * @param {string} commandApi
 * @param {string} queryApi
 * @returns {Promise<string>} its origin
 */
async function startNginx(name, commandApi, queryApi) {
  const own = await freePort()
  const runDir = path.join(folder, name)
  fs.mkdirSync(runDir)
  const config = path.join(runDir, 'nginx.conf')
  fs.writeFileSync(
    config,
    fillIn(template, {
      RUN_DIR: runDir,
      USER_DIRECTIVE: process.getuid?.() === 0 ? 'user root;' : '',
      LISTEN: `listen 127.0.0.1:${own};`,
      STOREFRONT_DIR: path.join(folder, 'dist'),
      COMMAND_API: commandApi,
      QUERY_API: queryApi,
      ...pagePolicy(undefined),
    }),
  )
  const url = `http://127.0.0.1:${own}`
  await supervisor.start({
    name,
    url,
    probe: { kind: 'http', url: `${url}/` },
    stopSignal: 'SIGQUIT',
    command: { argv: ['nginx', '-p', runDir, '-e', 'stderr', '-c', config, '-g', 'daemon off;'] },
  })
  return url
}

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

test('an API that stands still is a problem document in time, and a live stream that is quiet meanwhile goes on', async () => {
  const still = await standingStill()
  const behind = await startNginx('nginx-before-one-that-stands-still', still.address, still.address)
  const began = performance.now()
  /** @param {Promise<Response>} asked */
  const answer = async (asked) => {
    const response = await asked
    return { response, seconds: (performance.now() - began) / 1000, said: await problem(response) }
  }
  try {
    const quiet = quietStream()
    const [command, query] = await Promise.all([
      answer(fetch(`${behind}/api/commands/carts`, { method: 'POST', body: '{}' })),
      answer(fetch(`${behind}/api/queries/products`)),
    ])
    for (const { response, said } of [command, query]) {
      assert.deepEqual(said, ['/problems/timeout', 504])
      assert.equal(response.headers.get('retry-after'), '2')
    }
    // A command has ten seconds in the API itself. The upper bounds are a busy machine's; without limits it is 60 s.
    assert.ok(command.seconds > 10 && command.seconds < 25, `a command was told after ${command.seconds} s`)
    assert.ok(query.seconds > 3 && query.seconds < 15, `a query was told after ${query.seconds} s`)
    await quiet
    // Its queue of connections that nobody accepts is full: not even a connection is to be had.
    const fillers = Array.from({ length: 8 }, () =>
      net.connect(Number(still.address.split(':')[1]), '127.0.0.1'),
    )
    const refused = await fetch(`${behind}/api/commands/carts`, { method: 'POST', body: '{}' })
    assert.deepEqual(await problem(refused), ['/problems/timeout', 504])
    for (const filler of fillers) filler.destroy()
  } finally {
    still.process.kill('SIGKILL')
  }
})

/** A process that listens, and then is stopped. */
async function standingStill() {
  const at = await freePort()
  const program = `require('net').createServer().listen({ port: ${at}, host: '127.0.0.1', backlog: 4 }, () => console.log('up'))`
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(/** @type {import('node:stream').Readable} */ (child.stdout), 'data')
  child.kill('SIGSTOP')
  return { process: child, address: `127.0.0.1:${at}` }
}

/** Nothing is said on it for longer than a query may take, and then something. */
async function quietStream() {
  const answer = await fetch(`${origin}/api/queries/live`)
  const reader = /** @type {ReadableStream<Uint8Array>} */ (answer.body).getReader()
  const next = async () => new TextDecoder().decode((await reader.read()).value)
  assert.equal(await next(), 'event: cart\n\n')
  await new Promise((resolve) => setTimeout(resolve, 6500))
  stream?.write('event: offers\n\n')
  assert.equal(await next(), 'event: offers\n\n')
  await reader.cancel()
}

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
