import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import test from 'node:test'
import { fileURLToPath } from 'node:url'
import { startedAs } from './run_file.mjs'
import { Stop } from './stop.mjs'
import { newSupervisor } from './supervisor.mjs'

const logsDir = fs.mkdtempSync(path.join(os.tmpdir(), 'cartwright-supervisor-'))

/** @returns {Promise<number>} */
async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = /** @type {net.AddressInfo} */ (server.address())
  await new Promise((resolve) => server.close(resolve))
  return port
}

/**
 * A service that answers 200, ends when it is asked for /die, and runs `more` at its start.
 * @param {string} name
 * @param {string} more
 * @returns {Promise<import('./supervisor.mjs').Service>}
 */
async function service(name, more = '') {
  const port = await freePort()
  const answer = `(request, answer) => (request.url === '/die' ? process.exit(7) : answer.end('ok'))`
  const program = `require('http').createServer(${answer}).listen(${port}, '127.0.0.1'); ${more}`
  const url = `http://127.0.0.1:${port}/`
  return { name, url, probe: { kind: 'http', url }, command: { argv: [process.execPath, '-e', program] } }
}

test('services stop in the opposite order of their start, and nothing is left', async () => {
  /** @type {number[]} */
  let pids = []
  const supervisor = newSupervisor({
    logsDir,
    onChange: (running) => (pids = [...pids, ...running.map(({ pid }) => pid)]),
  })
  await supervisor.start(await service('first'))
  await supervisor.start(await service('second', `require('child_process').spawn('sleep', ['600'])`))
  /** @type {string[]} */
  const order = []
  await supervisor.stopAll((name) => order.push(name))
  assert.deepEqual(order, ['second', 'first'])
  assert.equal(new Set(pids).size, 2)
  for (const pid of pids) await until(() => !groupIsAlive(pid), 'a service left something behind')
})

test('a service that ends by itself is named, with how it ended and its last words', async () => {
  const supervisor = newSupervisor({ logsDir })
  const dying = await service('dying', `console.error('I cannot go on')`)
  await supervisor.start(dying)
  await fetch(`${dying.url}die`).catch(() => {}) // it does not live to answer
  const stop = await supervisor.crashed
  assert.ok(stop instanceof Stop)
  assert.match(stop.message, /^dying ended by itself \(exit code 7\)[^]*I cannot go on[^]*dying\.log$/)
  await supervisor.stopAll()
})

test('a service that dies while it starts ends the start at once, not after its time', async () => {
  const supervisor = newSupervisor({ logsDir })
  const broken = await service('broken')
  broken.command.argv = ['sh', '-c', 'echo "write failed: No space left on device"; exit 1']
  await assert.rejects(
    supervisor.start(broken),
    /broken ended by itself \(exit code 1\).* The disk is full\./,
  )
  await supervisor.stopAll()
})

test('a service that never becomes ready is given up, with the reason', async () => {
  const supervisor = newSupervisor({ logsDir })
  const deaf = await service('deaf')
  deaf.command.argv = ['sleep', '600']
  deaf.readyWithinMs = 400
  await assert.rejects(supervisor.start(deaf), /deaf was not ready within 0.4 s: nobody answers yet/)
  await supervisor.stopAll()
})

test('when the supervisor is killed, the kernel ends its services', async () => {
  const one = await service('orphan')
  const program = `
    import { newSupervisor } from ${JSON.stringify(fileURLToPath(new URL('./supervisor.mjs', import.meta.url)))}
    const supervisor = newSupervisor({ logsDir: ${JSON.stringify(logsDir)}, onChange: ([one]) => console.log(one.pid) })
    await supervisor.start(${JSON.stringify(one)})
    console.log('ready')
    setInterval(() => {}, 1000)`
  const supervisor = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  for await (const chunk of supervisor.stdout) {
    said += chunk
    if (said.includes('ready')) break
  }
  const pid = Number(said.split('\n')[0])
  assert.notEqual(startedAs(pid), null)
  supervisor.kill('SIGKILL')
  await until(() => startedAs(pid) === null, 'the service outlived its supervisor')
})

/**
 * The kernel ends and reaps in its own time, which is short.
 * @param {() => boolean} holds
 * @param {string} otherwise
 */
async function until(holds, otherwise) {
  const deadline = Date.now() + 10_000
  while (!holds()) {
    assert.ok(Date.now() < deadline, otherwise)
    await new Promise(setImmediate)
  }
}

/** @param {number} pid */
function groupIsAlive(pid) {
  try {
    process.kill(-pid, 0)
    return true
  } catch {
    return false
  }
}
