// The headers that browsers obey, as nginx sends them with each kind of answer.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { pagePolicy } from './nginx.mjs'
import { freePort, newNginxFixture, sentTo, template } from './nginx_fixture.mjs'

/** @type {import('./nginx_fixture.mjs').NginxFixture} */
let nginx
let origin = ''

/** What an answer of an API has, which nginx passes on. */
const OF_THE_API = { 'content-security-policy': "default-src 'none'; frame-ancestors 'none'" }

before(async () => {
  nginx = await newNginxFixture((request, answer) => {
    const status = request.url?.endsWith('/refused') ? 405 : 200
    answer.writeHead(status, {
      'content-type': 'application/json',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      ...OF_THE_API,
      ...(status === 405 && { allow: 'POST', 'retry-after': '7' }),
    })
    answer.end('{}')
  })
  origin = await nginx.start('nginx', `127.0.0.1:${await freePort()}`, nginx.apiAddress)
})

after(() => nginx.stop())

/** One of each kind: what nginx answers itself, what it reads, what it passes on, what it refuses. */
const ANSWERS = [
  { at: '/', status: 200 },
  { at: '/products/KIT-MUG-STONE', status: 200 },
  { at: '/assets/app-1a2b.js', status: 200 },
  { at: '/assets/app-1a2b.css', status: 200 },
  { at: '/robots.txt', status: 200 },
  { at: '/.well-known/security.txt', status: 200 },
  { at: '/api/queries/products', status: 200 },
  { at: '/api/queries/refused', status: 405 },
  { at: '/assets/app-old.js', status: 404 },
  { at: '/.git/config', status: 404 },
  { at: '/api/other', status: 404 },
  { at: '/api/commands/carts', status: 502 },
  { at: `/${'x'.repeat(9000)}`, status: 414 },
]

test('nosniff, a referrer policy and the other policies of the origin are on every answer, once', async () => {
  for (const { at, status } of ANSWERS) {
    const answer = await fetch(origin + at)
    assert.equal(answer.status, status, at)
    assert.equal(answer.headers.get('x-content-type-options'), 'nosniff', at)
    assert.equal(answer.headers.get('referrer-policy'), 'strict-origin-when-cross-origin', at)
    assert.equal(answer.headers.get('permissions-policy'), 'camera=(), geolocation=(), microphone=()', at)
    assert.equal(answer.headers.get('cross-origin-opener-policy'), 'same-origin', at)
    assert.ok(answer.headers.get('content-security-policy')?.startsWith("default-src 'none'; "), at)
  }
  const noHttp = await sentTo(origin, 'nonsense\r\n\r\n')
  for (const header of [
    'X-Content-Type-Options: nosniff',
    'Referrer-Policy: strict-origin-when-cross-origin',
  ])
    assert.ok(noHttp.includes(`\r\n${header}\r\n`), noHttp)
})

test('no block but the server adds headers, since one that does loses all of the server', () => {
  const blocks = template.split('\n').map((line) => line.replace(/#.*/, ''))
  const depths = blocks.map(
    (
      (depth) => (line) =>
        (depth += count(line, '{') - count(line, '}'))
    )(0),
  )
  const adding = blocks.flatMap((line, i) => (/\badd_header\b/.test(line) ? [depths[i]] : []))
  assert.ok(adding.length > 5)
  assert.deepEqual([...new Set(adding)], [2], 'http { server { add_header')
})

/** @param {string} line @param {string} character `${VARIABLES}` open and close on their own line */
function count(line, character) {
  return line.split(character).length - 1
}

const OWN_ORIGIN = {
  'default-src': ["'none'"],
  'script-src': ["'self'"],
  'frame-src': ["'none'"],
  'style-src': ["'self'", "'unsafe-inline'"],
  'img-src': ["'self'", 'data:'],
  'font-src': ["'self'"],
  'connect-src': ["'self'"],
  'manifest-src': ["'self'"],
  'worker-src': ["'self'"],
  'base-uri': ["'none'"],
  'form-action': ["'self'"],
  'frame-ancestors': ["'none'"],
}

/** @param {string} at @returns {Promise<Record<string, string[]>>} its policy, by directive */
async function policyOf(at) {
  const policy = (await fetch(at)).headers.get('content-security-policy') ?? ''
  const directives = policy.split(';').map((directive) => directive.trim().split(/\s+/))
  assert.equal(
    new Set(directives.map(([name]) => name)).size,
    directives.length,
    'of two, browsers take the first',
  )
  return Object.fromEntries(directives.map(([name, ...sources]) => [name, sources]))
}

test('a page loads from its own origin and frames nobody; only where Stripe takes payments it lets Stripe in', async () => {
  for (const gateway of [undefined, '', 'sandbox']) {
    const own = await start(gateway)
    for (const at of ['/', '/products/KIT-MUG-STONE']) assert.deepEqual(await policyOf(own + at), OWN_ORIGIN)
  }
  const form = ['https://js.stripe.com', 'https://*.js.stripe.com']
  assert.deepEqual(await policyOf(await start('stripe')), {
    ...OWN_ORIGIN,
    'script-src': ["'self'", ...form],
    'frame-src': [...form, 'https://hooks.stripe.com'],
    'connect-src': ["'self'", 'https://api.stripe.com'],
  })
})

/** @param {string | undefined} gateway */
function start(gateway) {
  return nginx.start(`nginx-for-${gateway}`, nginx.apiAddress, nginx.apiAddress, pagePolicy(gateway))
}

test('a refusal by nginx loads nothing and an answer of an API keeps its own policy, methods and waiting time', async () => {
  const nothing = { 'default-src': ["'none'"], 'frame-ancestors': ["'none'"] }
  for (const at of ['/api/commands/carts', '/assets/app-old.js', '/api/queries/products']) {
    assert.deepEqual(await policyOf(origin + at), nothing, at)
  }
  const refused = await fetch(`${origin}/api/queries/refused`)
  assert.equal(refused.headers.get('allow'), 'POST')
  assert.equal(refused.headers.get('retry-after'), '7')
})

test('a page of another site is let in by no Access-Control header, whatever it asks', async () => {
  const foreign = { origin: 'https://evil.example', 'access-control-request-method': 'POST' }
  for (const { at } of ANSWERS) {
    for (const method of ['GET', 'OPTIONS', 'POST']) {
      const answer = await fetch(origin + at, { method, headers: foreign })
      const letIn = [...answer.headers.keys()].filter((name) => name.startsWith('access-control-'))
      assert.deepEqual(letIn, [], `${method} ${at}`)
    }
  }
})
