// The template as it is used, in a real nginx, before two servers that stand where the APIs stand.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import http from 'node:http'
import net from 'node:net'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { fillIn, realIpFrom, securityContact } from './nginx.mjs'
import { NOT_FOR_READERS, freePort, newNginxFixture, sentTo } from './nginx_fixture.mjs'

/** @type {import('./nginx_fixture.mjs').NginxFixture} */
let nginx
/** @type {http.ServerResponse | null} the live stream that is open */
let stream = null
let origin = ''
let apiAddress = ''

before(async () => {
  nginx = await newNginxFixture(answerAsAnApi)
  apiAddress = nginx.apiAddress
  origin = await nginx.start('nginx', `127.0.0.1:${await freePort()}`, apiAddress)
})

after(() => nginx.stop())

/** @type {http.RequestListener} */
function answerAsAnApi(request, answer) {
  if (/^\/api\/queries\/(live|orders\/1\/live\?key=k)$/.test(request.url ?? '')) {
    answer.writeHead(200, { 'content-type': 'text/event-stream' })
    answer.write('event: cart\n\n')
    stream = answer
  } else if (request.url === '/api/commands/slow') {
    // As the API does when it has waited long enough for a body.
    answer.writeHead(408, { 'content-type': 'application/problem+json', connection: 'close' })
    answer.end(JSON.stringify({ type: '/problems/body-too-slow', status: 408 }))
  } else {
    answer.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'private, no-cache' })
    const { origin, 'x-forwarded-for': from } = request.headers
    answer.end(JSON.stringify({ url: request.url, origin: origin ?? null, from }))
  }
}

test('a variable that nobody fills in is an error, and nginx keeps its own', () => {
  assert.equal(fillIn('root ${DIR}; try $uri;', { DIR: '/a' }), 'root /a; try $uri;')
  assert.throws(() => fillIn('${DIR} ${OTHER}', { DIR: '/a' }), /OTHER/)
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

/**
 * What an API is told of where a request comes from.
 * @param {string} at
 * @param {string} sent
 */
async function toldOf(at, sent) {
  const answer = await fetch(`${at}/api/queries/products`, { headers: { 'x-forwarded-for': sent } })
  const { from } = await json(answer)
  return String(from)
}

test('where a request comes from is what nginx saw, whatever the client says of itself', async () => {
  for (const sent of ['6.6.6.6', '6.6.6.6, 203.0.113.9', '2001:db8::5', 'nonsense']) {
    assert.equal(await toldOf(origin, sent), '127.0.0.1')
  }
})

test('behind load balancers it is what they saw, through as many as are named, and nothing that was sent before', async () => {
  const behind = await nginx.start('nginx-behind-balancers', apiAddress, apiAddress, {
    REAL_IP_FROM: realIpFrom('127.0.0.1, 10.0.2.0/24, fd00:1::/64'),
  })
  assert.equal(await toldOf(behind, '203.0.113.9'), '203.0.113.9')
  assert.equal(await toldOf(behind, '6.6.6.6, 203.0.113.9'), '203.0.113.9')
  assert.equal(await toldOf(behind, '6.6.6.6, 203.0.113.9, 10.0.2.33'), '203.0.113.9')
  assert.equal(await toldOf(behind, '2001:db8::5, fd00:1::7, 10.0.2.33'), '2001:db8::5')
  assert.equal(await toldOf(behind, '203.0.113.9, 198.51.100.1'), '198.51.100.1')
})

test('load balancers are named by address or network, and what is neither is refused', () => {
  assert.equal(realIpFrom(''), '')
  assert.equal(realIpFrom('10.0.2.7,fd00::/8'), 'set_real_ip_from 10.0.2.7; set_real_ip_from fd00::/8;')
  assert.throws(() => realIpFrom('balancer; include /etc/passwd'), /LOAD_BALANCERS/)
})

test('an address is answered so much at the same time, and is told so', async () => {
  const few = await nginx.start('nginx-for-few', apiAddress, apiAddress, { REQUESTS_OF_ONE_ADDRESS: '2' })
  const open = await Promise.all([fetch(`${few}/api/queries/live`), fetch(`${few}/api/queries/live`)])
  const refused = await fetch(`${few}/api/queries/products`)
  assert.deepEqual(await problem(refused), ['/problems/rate-limited', 429])
  assert.equal(refused.headers.get('retry-after'), '2')
  for (const answer of open) await answer.body?.cancel()
})

test('all of an IPv6 /64 is one address', async () => {
  const few = await nginx.start('nginx-for-few-of-ipv6', apiAddress, apiAddress, {
    REQUESTS_OF_ONE_ADDRESS: '1',
    REAL_IP_FROM: realIpFrom('127.0.0.1'),
  })
  const from = (/** @type {string} */ address, path = '/api/queries/products') =>
    fetch(`${few}${path}`, { headers: { 'x-forwarded-for': address } })
  const open = await from('2001:db8:1:2::1', '/api/queries/live')
  assert.equal(open.status, 200)
  for (const same of ['2001:db8:1:2::1', '2001:db8:1:2:ffff:1:2:3']) {
    assert.equal((await from(same)).status, 429, same)
  }
  const ofSubnet0 = await from('2001:db8:1:0::1', '/api/queries/live')
  assert.equal((await from('2001:db8:1:0:7:7:7:7')).status, 429, 'subnet 0 is written in two ways')
  for (const other of ['2001:db8:1:3::1', '2001:db8::1', '198.51.100.1']) {
    assert.equal((await from(other)).status, 200, other)
  }
  await open.body?.cancel()
  await ofSubnet0.body?.cancel()
})

test('a body that does not arrive is refused by the API in its own words', async () => {
  const at = await nginx.start('nginx-for-slow-bodies', apiAddress, apiAddress)
  const socket = net.connect(Number(new URL(at).port), '127.0.0.1', () =>
    socket.write('POST /api/commands/slow HTTP/1.1\r\nHost: shop\r\nContent-Length: 100\r\n\r\n{'),
  )
  let said = ''
  socket.on('data', (part) => (said += part))
  await once(socket, 'close')
  assert.match(said, /^HTTP\/1\.1 408 /)
  assert.match(said, /\/problems\/body-too-slow/)
})

test('hashed assets are kept for ever and compressed; one that is gone is not the page', async () => {
  const found = await fetch(`${origin}/assets/app-1a2b.js`)
  assert.equal(found.headers.get('cache-control'), 'public, max-age=31536000, immutable')
  const gone = await fetch(`${origin}/assets/app-old.js`)
  assert.equal(gone.status, 404)
  assert.equal(gone.headers.get('cache-control'), 'no-store')
})

test('a service worker is asked for anew each time, as a script; where the build has none, a page is no answer', async () => {
  const worker = await fetch(`${origin}/service-worker.js`)
  assert.equal(worker.headers.get('cache-control'), 'no-cache')
  assert.equal(worker.headers.get('content-type'), 'application/javascript; charset=utf-8')
  assert.equal(await worker.text(), 'self.skipWaiting')
  const file = path.join(nginx.folder, 'repository/dist/service-worker.js')
  for (const ending of ['', '.gz']) fs.renameSync(file + ending, `${file}${ending}.away`)
  assert.deepEqual(await problem(await fetch(`${origin}/service-worker.js`)), ['/problems/not-found', 404])
  for (const ending of ['', '.gz']) fs.renameSync(`${file}${ending}.away`, file + ending)
})

test('an asset comes as Brotli to who takes that, as gzip to who takes that, and as it is to all others', async () => {
  for (const [accepted, sent] of [
    ['gzip, deflate, br', 'br'],
    ['br;q=0.5', 'br'],
    ['gzip, br;q=0', 'gzip'],
    ['gzip', 'gzip'],
    ['vbr', undefined],
    ['identity', undefined],
  ]) {
    for (const [name, type, text] of [
      ['app-1a2b.js', 'text/javascript', 'x'],
      ['app-1a2b.css', 'text/css', 'y'],
    ]) {
      const answer = await raw(`/assets/${name}`, { headers: { 'accept-encoding': accepted } })
      assert.equal(answer.headers['content-encoding'], sent, `${name} for ${accepted}`)
      assert.equal(answer.headers['content-type'], `${type}; charset=utf-8`)
      assert.equal(answer.headers.vary, 'Accept-Encoding')
      assert.equal(answer.headers['cache-control'], 'public, max-age=31536000, immutable')
      const body =
        sent === 'br'
          ? brotliDecompressSync(answer.body)
          : sent === 'gzip'
            ? gunzipSync(answer.body)
            : answer.body
      assert.equal(body.toString(), (text ?? '').repeat(4000))
    }
  }
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
  const log = fs.readFileSync(path.join(nginx.folder, 'nginx.log'), 'utf8')
  assert.doesNotMatch(log, /client|request|carts/, 'who asked for what is in no log')
})

test('whom people tell of holes is an address or a page, and no part of a configuration', () => {
  assert.equal(
    securityContact('https://shop.example/security').SECURITY_CONTACT,
    'https://shop.example/security',
  )
  assert.throws(() => securityContact('mailto:a@shop.example"; } location / { #'), /SECURITY_CONTACT/)
})

test('an API that stands still is a problem document in time, and a live stream that is quiet meanwhile goes on', async () => {
  const still = await standingStill()
  const behind = await nginx.start('nginx-before-one-that-stands-still', still.address, still.address)
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

test('whatever nginx itself refuses is a problem document, and a page is no answer to a program', async () => {
  for (const none of [
    '/api',
    '/api/',
    '/api/commands',
    '/api/queries',
    '/api/other',
    '/.well-known/other',
    '/assets/',
  ]) {
    const answer = await fetch(origin + none, { redirect: 'manual' })
    assert.deepEqual(await problem(answer), ['/problems/not-found', 404], none)
    assert.equal(answer.headers.get('cache-control'), 'no-store')
  }
  const long = await fetch(`${origin}/api/queries/products?q=${'x'.repeat(9000)}`)
  assert.deepEqual(await problem(long), ['/problems/uri-too-long', 414])
  const header = await fetch(`${origin}/api/queries/products`, { headers: { 'x-large': 'x'.repeat(9000) } })
  assert.deepEqual(await problem(header), ['/problems/headers-too-large', 431])
  const posted = await fetch(`${origin}/icon.svg`, { method: 'POST' })
  assert.equal(posted.headers.get('allow'), 'GET, HEAD')
  assert.deepEqual(await problem(posted), ['/problems/method-not-allowed', 405])
})

test('what is not of the storefront is never sent: no file beside its folder, no repository, no backup', async () => {
  for (const at of [
    '/.git/config',
    '/.git/HEAD',
    '/.env',
    '/assets/.env',
    '/assets/.cache/app.js',
    '/assets/.cache/icon.svg',
    '/old/.git/config',
    '/.well-known/.git/config',
    '/%2egit/config',
    '/assets/../.git/config',
    '/package.json',
    '/backup.sql',
    '/index.html~',
    '/assets/app-1a2b.js.map',
    '/assets../package.json',
    '/assets../.git/config',
    '/../package.json',
    '/assets/../../package.json',
    '/%2e%2e/package.json',
    '/..%2fpackage.json',
    '/..%2f..%2f..%2f..%2fetc/passwd',
    '/assets/%2e%2e/%2e%2e/package.json',
    '/assets/..%5c..%5cpackage.json',
    '//etc/passwd',
  ]) {
    const said = await sentTo(origin, `GET ${at} HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n`)
    assert.ok(!said.includes(NOT_FOR_READERS) && !said.includes('root:'), `${at}: ${said}`)
    const isPage = said.startsWith('HTTP/1.1 200 ') && said.endsWith('\r\n\r\n<!doctype html>the shop')
    assert.ok(isPage || /^HTTP\/1\.1 40[04] [^]*"type":"\/problems\//.test(said), `${at}: ${said}`)
  }
  for (const hidden of [
    '/.git/config',
    '/.env',
    '/.git',
    '/assets/.env',
    '/assets/.cache/app.js',
    '/assets/.cache/icon.svg',
    '/old/.git/config',
    '/.well-known/.git/config',
  ]) {
    assert.deepEqual(await problem(await fetch(origin + hidden)), ['/problems/not-found', 404], hidden)
  }
})

test('an address of a page is taken as browsers write it', async () => {
  for (const at of ['/products?q=a|b{c}^d', '/products?q=%3Cb%3E', '/products/[x]'])
    assert.match(
      await sentTo(origin, `GET ${at} HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n`),
      /^HTTP\/1.1 200 /,
    )
})

test('what is no HTTP is told so in the form of all refusals', async () => {
  for (const [head, status, type] of [
    ['GET / HTTP/1.1\r\n\r\n', 400, '/problems/bad-request'],
    ['nonsense\r\n\r\n', 400, '/problems/bad-request'],
    ['GET / HTTP/9.9\r\nHost: shop\r\n\r\n', 505, '/problems/bad-request'],
    ['GET /api/queries/products?q=a<b> HTTP/1.1\r\nHost: shop\r\n\r\n', 400, '/problems/bad-request'],
    ['GET /api/queries/{sku} HTTP/1.1\r\nHost: shop\r\n\r\n', 400, '/problems/bad-request'],
    ['GET /api/queries/\u00ff HTTP/1.1\r\nHost: shop\r\n\r\n', 400, '/problems/bad-request'],
    ['TRACE /api/commands/carts HTTP/1.1\r\nHost: shop\r\n\r\n', 405, '/problems/method-not-allowed'],
  ]) {
    const said = await sentTo(origin, String(head))
    assert.match(said, new RegExp(`^HTTP/1.1 ${status} `), said)
    assert.match(said, /content-type: application\/problem\+json\r\n/i, said)
    assert.ok(said.includes(`{"type":"${type}",`), said)
    assert.equal(/^allow: GET, HEAD, POST, PUT, DELETE\r$/im.test(said), status === 405, said)
  }
})

test('pages say in which letters they are written, and what programs look for is there', async () => {
  const type = async (/** @type {string} */ at) => (await fetch(origin + at)).headers.get('content-type')
  assert.equal(await type('/products/KIT-MUG-STONE'), 'text/html; charset=utf-8')
  assert.equal(await type('/robots.txt'), 'text/plain; charset=utf-8')
  assert.equal(await type('/favicon.ico'), 'image/svg+xml; charset=utf-8')
  const contact = await fetch(`${origin}/.well-known/security.txt`)
  assert.equal(contact.headers.get('content-type'), 'text/plain; charset=utf-8')
  const said = await contact.text()
  assert.match(
    said,
    /^Contact: mailto:security@cartwright\.example\nExpires: \S+Z\nPreferred-Languages: en\n$/,
  )
  const until = Date.parse(/Expires: (\S+)/.exec(said)?.[1] ?? '')
  const days = (until - Date.now()) / (24 * 60 * 60 * 1000)
  assert.ok(days > 100 && days < 365, `it is true for ${days} days more`)
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

/**
 * As it comes: `fetch` undoes what is compressed.
 * @param {string} at
 * @param {http.RequestOptions} options
 * @returns {Promise<{headers: http.IncomingHttpHeaders, body: Buffer}>}
 */
async function raw(at, options) {
  const request = http.get(origin + at, options)
  const [response] = /** @type {[http.IncomingMessage]} */ (await once(request, 'response'))
  return { headers: response.headers, body: Buffer.concat(await response.toArray()) }
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
