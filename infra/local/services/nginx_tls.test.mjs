// How a request reaches nginx: TLS as nginx speaks it, and what it answers to requests that others could read.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import http2 from 'node:http2'
import https from 'node:https'
import net from 'node:net'
import path from 'node:path'
import { after, before, test } from 'node:test'
import tls from 'node:tls'
import { readSettings } from '../settings.mjs'
import { whyNotReady } from '../probes.mjs'
import { Stop } from '../stop.mjs'
import { checkNginxSettings, nginx as nginxService, realIpFrom } from './nginx.mjs'
import { freePort, newNginxFixture, sentTo } from './nginx_fixture.mjs'
import { transport } from './nginx_tls.mjs'

const SHOP = 'https://shop.test'
/** As load balancers have them. */
const LONG_HOST = `${'a-name-of-some-length.'.repeat(11)}test`

/** @type {import('./nginx_fixture.mjs').NginxFixture} */
let nginx
let certificate = ''
let key = ''
let tlsPort = 0
let plain = ''
/** Requests that an API received. @type {string[]} */
const received = []

before(async () => {
  nginx = await newNginxFixture((request, answer) => {
    received.push(`${request.method} ${request.url}`)
    answer.writeHead(200, { 'content-type': 'application/json' })
    // A live stream says something, and stays open.
    if (request.url === '/api/queries/live') answer.write(': heartbeat\n\n')
    else answer.end('{}')
  })
  certificate = path.join(nginx.folder, 'certificate.pem')
  key = path.join(nginx.folder, 'key.pem')
  makeCertificate()
  tlsPort = await freePort()
  const origins = [SHOP, 'https://mugs.test:8443', `https://${LONG_HOST}`]
  const own = transport({ origins, certificate, key, balancers: [] })
  plain = await nginx.start('nginx-with-tls', nginx.apiAddress, nginx.apiAddress, own, tlsPort)
})

after(() => nginx.stop())

function makeCertificate() {
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
  const name = ['-subj', '/CN=shop.test', '-addext', 'subjectAltName=DNS:shop.test']
  const files = ['-keyout', key, '-out', certificate]
  execFileSync('openssl', ['req', '-x509', ...curve, ...name, ...files], { stdio: 'pipe' })
}

/** @param {tls.ConnectionOptions} [options] */
function trusting(options) {
  return {
    host: '127.0.0.1',
    port: tlsPort,
    servername: 'shop.test',
    ca: fs.readFileSync(certificate),
    ...options,
  }
}

/** @param {tls.ConnectionOptions} [options] @returns {Promise<string | null>} the protocol that was agreed upon */
async function agreed(options) {
  const socket = tls.connect(trusting(options))
  try {
    await once(socket, 'secureConnect')
    return socket.getProtocol()
  } finally {
    socket.destroy()
  }
}

/** @param {tls.SecureVersion} version @returns {tls.ConnectionOptions} */
const only = (version) => ({ minVersion: version, maxVersion: version })

test('TLS 1.2 and 1.3 are spoken, and 1.3 with a client that knows both', async () => {
  assert.equal(await agreed(only('TLSv1.2')), 'TLSv1.2')
  assert.equal(await agreed(only('TLSv1.3')), 'TLSv1.3')
  assert.equal(await agreed({ minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3' }), 'TLSv1.3')
})

test('HTTP/2 is spoken over TLS: more than six streams stay open over one connection, and pages and APIs are answered beside them', async () => {
  const client = http2.connect(`https://127.0.0.1:${tlsPort}`, trusting())
  try {
    const open = Array.from({ length: 8 }, () => client.request({ ':path': '/api/queries/live' }))
    await Promise.all(open.map((stream) => once(stream, 'response')))
    for (const [at, text] of [
      ['/', '<!doctype html>the shop'],
      ['/api/queries/products', '{}'],
    ]) {
      const stream = client.request({ ':path': at })
      const [headers] = await once(stream, 'response')
      assert.equal(headers[':status'], 200)
      assert.equal(Buffer.concat(await stream.toArray()).toString(), text)
    }
    assert.equal(client.alpnProtocol, 'h2')
  } finally {
    client.destroy()
  }
  // Who does not know it, and who comes in the clear, speaks HTTP/1.1 as before.
  assert.equal((await overTls('/')).answer.httpVersion, '1.1')
  assert.match(
    await sentTo(plain, 'GET /healthz HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n'),
    /^HTTP\/1\.1 200 /,
  )
})

test('TLS 1.1 and 1.0 are refused by nginx, also to a client that accepts weak keys', async () => {
  for (const version of /** @type {tls.SecureVersion[]} */ (['TLSv1.1', 'TLSv1'])) {
    await assert.rejects(
      agreed({ ...only(version), ciphers: 'ALL:@SECLEVEL=0' }),
      { code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION' },
      version,
    )
  }
})

test('only suites with forward secrecy and authenticated encryption are agreed upon, and no ticket is given out', async () => {
  for (const ciphers of ['ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-ECDSA-CHACHA20-POLY1305'])
    assert.equal(await agreed({ ...only('TLSv1.2'), ciphers }), 'TLSv1.2')
  for (const ciphers of ['ECDHE-ECDSA-AES128-SHA', 'ECDHE-ECDSA-AES256-SHA384', 'ECDHE-ECDSA-AES128-CCM8'])
    await assert.rejects(
      agreed({ ...only('TLSv1.2'), ciphers: `${ciphers}:@SECLEVEL=0` }),
      { code: 'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE' },
      ciphers,
    )
  const socket = tls.connect(trusting(only('TLSv1.2')))
  await once(socket, 'secureConnect')
  assert.equal(socket.getTLSTicket(), undefined)
  socket.destroy()
})

/** @param {string} at @param {https.RequestOptions} [options] */
async function overTls(at, options) {
  const request = https.request({ ...trusting(), path: at, headers: { host: 'shop.test' }, ...options }).end()
  const [answer] = /** @type {[import('node:http').IncomingMessage]} */ (await once(request, 'response'))
  return { answer, text: Buffer.concat(await answer.toArray()).toString() }
}

test('over TLS pages and APIs are answered, and browsers are told to stay there', async () => {
  for (const [at, text] of [
    ['/', '<!doctype html>the shop'],
    ['/api/queries/products', '{}'],
  ]) {
    const said = await overTls(String(at))
    assert.deepEqual([said.answer.statusCode, said.text], [200, text])
    assert.match(said.answer.headers['strict-transport-security'] ?? '', /^max-age=63072000/)
  }
})

/**
 * Without following redirects, which would hide what is sent in the clear.
 * @param {string} at @param {RequestInit} [options]
 */
function asked(at, options) {
  return fetch(at, { redirect: 'manual', ...options })
}

/** No content, by any way of asking: neither the storefront's nor an API's. @param {string} origin @param {Record<string, string>} [headers] */
async function getsNothing(origin, headers = {}) {
  received.length = 0
  for (const at of [
    '/',
    '/products/MUG?q=1',
    '/assets/app-1a2b.js',
    '/healthz%0a',
    '/healthz/',
    '/.problem%0a',
  ]) {
    for (const method of ['GET', 'HEAD']) {
      const answer = await asked(origin + at, { method, headers })
      assert.deepEqual([answer.status, answer.headers.get('location')], [308, SHOP + at], `${method} ${at}`)
      assert.ok(!(await answer.text()).includes('the shop'), at)
      // A cache that does not tell the schemes apart would answer with it over https, too.
      assert.equal(answer.headers.get('cache-control'), 'no-store', `${method} ${at}`)
    }
  }
  for (const at of [
    '/api/queries/products',
    '/api/commands/carts',
    '/api',
    '/%61pi/queries/products',
    '//api/queries/live',
  ]) {
    for (const method of ['GET', 'POST', 'PUT', 'DELETE']) {
      const answer = await asked(origin + at, { method, headers, ...(method === 'POST' && { body: '{}' }) })
      await refused(answer, `${method} ${at}`)
    }
  }
  await refused(await asked(`${origin}/`, { method: 'POST', headers, body: 'card=4242' }), 'POST /')
  assert.deepEqual(received, [])
}

/** @param {Response} answer @param {string} what */
async function refused(answer, what) {
  assert.equal(answer.status, 421, what)
  assert.equal(answer.headers.get('location'), null, what)
  assert.equal(answer.headers.get('content-type'), 'application/problem+json', what)
  assert.equal(answer.headers.get('cache-control'), 'no-store', what)
  const { type, detail } = /** @type {{type: string, detail: string}} */ (await answer.json())
  assert.equal(type, '/problems/https-required', what)
  assert.ok(detail.endsWith(`Use ${SHOP}.`), detail)
}

test('where the origin is https, http gets no content: pages are redirected, calls of the APIs are refused', async () => {
  await getsNothing(plain)
})

test('http on the port of https is refused, too', async () => {
  for (const at of ['/', '/api/queries/products'])
    await refused(await asked(`http://127.0.0.1:${tlsPort}${at}`), at)
})

test('a redirect leads to the origin of the host that was asked, and to none that the client makes up', async () => {
  for (const [host, line, location] of [
    ['mugs.test', 'GET /a HTTP/1.1', 'https://mugs.test:8443/a'],
    [LONG_HOST, 'GET /a HTTP/1.1', `https://${LONG_HOST}/a`],
    ['shop.test:80', 'GET /a HTTP/1.1', `${SHOP}/a`],
    ['evil.example', 'GET //evil.example/a HTTP/1.1', `${SHOP}//evil.example/a`],
    ['evil.example', 'GET http://evil.example/a HTTP/1.1', `${SHOP}/a`],
  ]) {
    const said = await sentTo(plain, `${line}\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
    assert.ok(said.startsWith('HTTP/1.1 308 ') && said.includes(`\r\nLocation: ${location}\r\n`), said)
  }
})

test('probes of a load balancer are answered over http and https', async () => {
  const probe = await asked(`${plain}/healthz`)
  assert.deepEqual([probe.status, await probe.text()], [200, 'ok\n'])
  assert.equal((await overTls('/healthz')).answer.statusCode, 200)
  const page = path.join(nginx.folder, 'repository/dist/index.html')
  fs.renameSync(page, `${page}.away`)
  assert.equal((await asked(`${plain}/healthz`)).status, 503, 'the storefront is gone')
  fs.renameSync(`${page}.away`, page)
})

/** @param {string} name @param {string} balancer */
function startBehind(name, balancer) {
  return nginx.start(name, nginx.apiAddress, nginx.apiAddress, {
    ...transport({ origins: [SHOP], balancers: [balancer] }),
    REAL_IP_FROM: realIpFrom(balancer),
  })
}

test('behind a load balancer that is named, X-Forwarded-Proto says how the client came', async () => {
  const behind = await startBehind('nginx-behind-tls', '127.0.0.0/8')
  // Whose address is the client's by then: it is the balancer that is believed, not the client.
  const client = { 'x-forwarded-for': '203.0.113.9' }
  for (const [at, text] of [
    ['/', '<!doctype html>the shop'],
    ['/api/queries/products', '{}'],
  ]) {
    const answer = await asked(behind + at, { headers: { ...client, 'x-forwarded-proto': 'https' } })
    assert.deepEqual([answer.status, await answer.text()], [200, text])
  }
  for (const headers of [
    client,
    { ...client, 'x-forwarded-proto': 'http' },
    { ...client, 'x-forwarded-proto': 'http, https' },
    { ...client, 'x-forwarded-proto': 'httpsx' },
  ])
    await getsNothing(behind, headers)
  assert.equal((await asked(`${behind}/healthz`)).status, 200)
})

test('X-Forwarded-Proto of anybody else is not believed', async () => {
  const behind = await startBehind('nginx-behind-another', '10.0.2.0/24')
  const forged = { 'x-forwarded-proto': 'https' }
  await getsNothing(behind, forged)
  await getsNothing(behind, { ...forged, 'x-forwarded-for': '10.0.2.7' })
  await getsNothing(plain, forged)
})

test('TLS between a load balancer and nginx does not hide that the client came by http', async () => {
  const port = await freePort()
  const own = transport({ origins: [SHOP], certificate, key, balancers: ['127.0.0.1'] })
  await nginx.start('nginx-behind-and-tls', nginx.apiAddress, nginx.apiAddress, own, port)
  const status = async (/** @type {string} */ proto) => {
    const headers = { host: 'shop.test', 'x-forwarded-proto': proto }
    return (await overTls('/', { port, headers })).answer.statusCode
  }
  assert.equal(await status('https'), 200)
  for (const proto of ['http', '', 'http, http', 'https, http', 'httpsx'])
    assert.equal(await status(proto), 308, proto)
})

test('a setting with which nobody could be served, or not by https, is refused', () => {
  const files = { certificate: 'c.pem', key: 'k.pem', balancers: [] }
  assert.throws(() => transport({ origins: [SHOP], certificate: 'c.pem', balancers: [] }), /set together/)
  assert.throws(() => transport({ origins: [SHOP], key: 'k.pem', balancers: [] }), /set together/)
  assert.throws(() => transport({ origins: ['http://a.test'], ...files }), /PUBLIC_ORIGIN is not https/)
  assert.throws(() => transport({ origins: [SHOP, 'http://a.test'], ...files }), /PUBLIC_ORIGIN is not https/)
  assert.throws(
    () => transport({ origins: [SHOP], balancers: [] }),
    /neither TLS_CERTIFICATE nor LOAD_BALANCERS/,
  )
  assert.throws(() => transport({ origins: [SHOP], ...files, key: 'k"; }' }), /cannot read a file/)
})

test('the variables of the environment reach nginx’s configuration', () => {
  const settings = readSettings({
    DATA_DIR: path.join(nginx.folder, 'data'),
    PUBLIC_ORIGIN: SHOP,
    TLS_CERTIFICATE: certificate,
    TLS_CERTIFICATE_KEY: key,
    LOAD_BALANCERS: '10.0.2.0/24',
  })
  const service = nginxService(settings)
  service.prepare?.()
  const config = fs.readFileSync(path.join(settings.dataDir, 'nginx/nginx.conf'), 'utf8')
  assert.deepEqual(service.probe, { kind: 'https', port: 7400, host: 'shop.test' })
  assert.deepEqual(service.alive, { kind: 'http', url: 'http://127.0.0.1:7403/healthz' })
  for (const directive of [
    'listen 127.0.0.1:7400 ssl http2; listen 127.0.0.1:7403;',
    `ssl_certificate "${certificate}"; ssl_certificate_key "${key}";`,
    `default ${SHOP}; shop.test ${SHOP};`,
    '10.0.2.0/24 1;',
  ])
    assert.ok(config.includes(directive), directive)
})

test('settings of nginx that are wrong are named before anything is started', () => {
  const check = (/** @type {NodeJS.ProcessEnv} */ env) => () =>
    checkNginxSettings(readSettings({ DATA_DIR: path.join(nginx.folder, 'data'), ...env }))
  const missing = path.join(nginx.folder, 'missing.pem')
  const https = { PUBLIC_ORIGIN: SHOP, TLS_CERTIFICATE: certificate, TLS_CERTIFICATE_KEY: key }
  check({})()
  check(https)()
  for (const [env, said] of /** @type {[NodeJS.ProcessEnv, RegExp][]} */ ([
    [{ PUBLIC_ORIGIN: SHOP }, /neither TLS_CERTIFICATE nor LOAD_BALANCERS/],
    [
      { ...https, TLS_CERTIFICATE: missing },
      /TLS_CERTIFICATE is .*missing\.pem, which cannot be read \(ENOENT\)/,
    ],
    [{ ...https, TLS_CERTIFICATE_KEY: missing }, /TLS_CERTIFICATE_KEY is .*missing\.pem/],
    [{ LOAD_BALANCERS: 'anybody' }, /LOAD_BALANCERS names anybody/],
    [{ SECURITY_CONTACT: 'me' }, /SECURITY_CONTACT is me/],
  ]))
    assert.throws(check(env), (error) => error instanceof Stop && said.test(error.message))
})

test('the probe of TLS looks at the page and at the certificate', async (t) => {
  const probe = (/** @type {string} */ host, port = tlsPort) => whyNotReady({ kind: 'https', port, host })
  assert.equal(await probe('shop.test'), null)
  assert.match((await probe('other.test')) ?? '', /other\.test/, 'a certificate of somebody else')
  assert.equal(await probe('shop.test', await freePort()), 'nobody answers yet')

  t.mock.timers.enable({ apis: ['Date'], now: Date.now() + 3 * 86_400_000 })
  assert.match((await probe('shop.test')) ?? '', /the certificate of shop\.test is valid from .* to /)
})

test('who sends a handshake that no program would send is in no log', async () => {
  const hello = await clientHello()
  // The version that TLS 1.3 keeps for older servers, as nobody writes it: OpenSSL calls that a bad legacy version.
  hello.writeUInt16BE(0x0300, 9)
  const socket = net.connect(tlsPort, '127.0.0.1', () => socket.write(hello))
  const answer = Buffer.concat(await socket.toArray())
  assert.equal(answer[0], 21, 'an alert')
  const log = fs.readFileSync(path.join(nginx.folder, 'nginx-with-tls.log'), 'utf8')
  assert.doesNotMatch(log, /client|127\.0\.0\.1|handshak/)
})

/** What a client of TLS 1.3 says first. @returns {Promise<Buffer>} */
async function clientHello() {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = /** @type {net.AddressInfo} */ (server.address())
  const client = tls.connect({ host: '127.0.0.1', port, servername: 'shop.test', ...only('TLSv1.3') })
  client.on('error', () => {})
  const [socket] = /** @type {[net.Socket]} */ (await once(server, 'connection'))
  const [hello] = /** @type {[Buffer]} */ (await once(socket, 'data'))
  client.destroy()
  socket.destroy()
  server.close()
  return hello
}
