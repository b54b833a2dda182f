import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { afterEach, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { endLeftovers } from './leftovers.mjs'
import { newRestartRule } from './restarts.mjs'
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
    onChange: (running) => (pids = [...pids, ...running.map(({ pid }) => pid ?? 0)]),
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

/** Restarts as `up` has them, but without its long waits. */
const quick = () => newRestartRule({ firstWaitMs: 20 })

/** @typedef {import('./supervisor.mjs').Running} Running */

/** @type {ReturnType<typeof newSupervisor>[]} what a test that fails would leave running */
const begun = []
afterEach(() => Promise.all(begun.splice(0).map((supervisor) => supervisor.stopAll())))

/**
 * A supervisor with restarts, and what it last said of each service.
 * @param {Partial<Parameters<typeof newSupervisor>[0]>} [options]
 */
function restarting(options) {
  /** @type {Map<string, Running>} */
  const now = new Map()
  const onChange = (/** @type {Running[]} */ running) => {
    for (const one of running) now.set(one.service.name, { ...one })
  }
  const supervisor = newSupervisor({ logsDir, restartRule: quick, onChange, ...options })
  begun.push(supervisor)
  const of = (/** @type {string} */ name) => /** @type {Running} */ (now.get(name))
  return { supervisor, of }
}

/** @param {string} name */
const log = (name) => fs.readFileSync(path.join(logsDir, `${name}.log`), 'utf8')

test('a service that is killed is started again, says so in its log, and the others go on', async () => {
  const { supervisor, of } = restarting()
  await supervisor.start(await service('bystander'))
  await supervisor.start(await service('killed', `console.log('I am up')`))
  const [first, bystander] = [of('killed').pid, of('bystander').pid]
  process.kill(/** @type {number} */ (first), 'SIGKILL')
  await until(() => of('killed').restarts === 1 && of('killed').ready, 'it is not back')
  assert.notEqual(of('killed').pid, first)
  assert.equal(of('killed').lastEnd, 'signal SIGKILL')
  assert.ok(Date.parse(of('killed').since) <= Date.now())
  assert.deepEqual([of('bystander').pid, of('bystander').restarts], [bystander, 0])
  const ended =
    /I am up\n.*supervisor: killed ended by itself \(signal SIGKILL\) and is started again in 0\.02 s\.\n/
  await until(() => /killed is back/.test(log('killed')), 'its return is not in its log')
  assert.match(
    log('killed'),
    new RegExp(`${ended.source}I am up\\n.*supervisor: killed is back, .*restart 1`),
  )
  await supervisor.stopAll()
})

test('what a killed service started itself is ended before it is started again', async () => {
  const { supervisor, of } = restarting()
  await supervisor.start(await service('parent', `require('child_process').spawn('sleep', ['600'])`))
  const first = /** @type {number} */ (of('parent').pid)
  process.kill(first, 'SIGKILL')
  await until(() => of('parent').restarts === 1, 'it is not started again')
  await until(() => !groupIsAlive(first), 'its child is still there')
  await supervisor.stopAll()
})

test('a service that crashes while it is started again is tried again, more slowly', async () => {
  const { supervisor, of } = restarting()
  const file = path.join(logsDir, 'crashes-left')
  const left = `Number(require('fs').readFileSync('${file}'))`
  const crash = `if (${left} > 0) { require('fs').writeFileSync('${file}', String(${left} - 1)); process.exit(9) }`
  fs.writeFileSync(file, '0')
  await supervisor.start(await service('shaky', crash))
  fs.writeFileSync(file, '3')
  process.kill(/** @type {number} */ (of('shaky').pid), 'SIGKILL')
  await until(() => of('shaky').restarts === 4 && of('shaky').ready, 'it is not back')
  const waits = [...log('shaky').matchAll(/started again in ([\d.]+) s/g)].map(([, seconds]) =>
    Number(seconds),
  )
  assert.deepEqual(waits, [0.02, 0.04, 0.08, 0.16])
  await supervisor.stopAll()
})

test('a service that does not stay up ends the whole with one sentence: which, where its log is, what to do', async () => {
  const { supervisor, of } = restarting()
  const file = path.join(logsDir, 'is-broken')
  const flapping = await service('flapping', `if (require('fs').existsSync('${file}')) process.exit(9)`)
  await supervisor.start(flapping)
  fs.writeFileSync(file, '')
  process.kill(/** @type {number} */ (of('flapping').pid), 'SIGKILL')
  const stop = await supervisor.crashed
  const [sentence] = stop.message.split('\n')
  assert.equal(
    sentence,
    'flapping was started again 5 times and did not stay up (the last time: exit code 9), so everything was stopped: ' +
      `read ${path.join(logsDir, 'flapping.log')}, mend what it complains of, and run ./dev up again; the data is kept.`,
  )
  await supervisor.stopAll()
})

test('a service that becomes healthy between its ends, but ends too often, is given up as well', async () => {
  const { supervisor, of } = restarting()
  await supervisor.start(await service('often'))
  let stopped = false
  void supervisor.crashed.then(() => (stopped = true))
  for (let end = 0; end < 6; end += 1) {
    await until(() => of('often').restarts === end && of('often').ready, 'it is not back')
    assert.ok(!stopped, `given up after ${end} ends`)
    process.kill(/** @type {number} */ (of('often').pid), 'SIGKILL')
  }
  assert.match((await supervisor.crashed).message, /^often was started again 5 times/)
  await supervisor.stopAll()
})

test('stopping while a service waits to be started again ends at once', async () => {
  const { supervisor, of } = restarting({ restartRule: () => newRestartRule({ firstWaitMs: 600_000 }) })
  await supervisor.start(await service('patient'))
  process.kill(/** @type {number} */ (of('patient').pid), 'SIGKILL')
  await until(() => of('patient').pid === null, 'its end is not seen')
  const stopped = performance.now()
  await supervisor.stopAll()
  assert.ok(performance.now() - stopped < 60_000, 'the wait for the restart was waited for')
})

test('what waited to be started again when everything was stopped is not started any more', async () => {
  const { supervisor, of } = restarting({ restartRule: () => newRestartRule({ firstWaitMs: 300 }) })
  await supervisor.start(await service('waiting'))
  process.kill(/** @type {number} */ (of('waiting').pid), 'SIGKILL')
  await until(() => of('waiting').pid === null, 'its end is not seen')
  await supervisor.stopAll()
  await new Promise((resolve) => setTimeout(resolve, 600)) // longer than the wait that was given up
  assert.equal(of('waiting').restarts, 0)
})

test('stopping while a service is being started again ends that one, too', async () => {
  const { supervisor, of } = restarting()
  const file = path.join(logsDir, 'is-slow')
  const slow = await service('slow')
  const program = slow.command.argv[2]
  slow.command.argv[2] = `if (require('fs').existsSync('${file}')) setInterval(() => {}, 1000); else { ${program} }`
  await supervisor.start(slow)
  fs.writeFileSync(file, '')
  process.kill(/** @type {number} */ (of('slow').pid), 'SIGKILL')
  await until(() => of('slow').restarts === 1, 'it is not started again')
  const { pid } = of('slow')
  assert.ok(pid !== null && !of('slow').ready)
  await supervisor.stopAll()
  assert.equal(startedAs(pid), null)
})

test('a service that stands still is stopped without waiting for its time to pass', async () => {
  const { supervisor, of } = restarting()
  await supervisor.start(await service('still'))
  process.kill(/** @type {number} */ (of('still').pid), 'SIGSTOP')
  const stopped = performance.now()
  await supervisor.stopAll()
  assert.ok(performance.now() - stopped < 10_000)
})

test('a service is started again once what it needs is ready, and that wait counts as no failure', async () => {
  const { supervisor, of } = restarting()
  const file = path.join(logsDir, 'store-is-broken')
  const store = await service('store', '')
  const program = store.command.argv[2]
  // It runs, but does not listen, for as long as the file is there.
  store.command.argv[2] = `const open = () => { ${program} }, file = '${file}', fs = require('fs')
    const look = () => (fs.existsSync(file) ? setTimeout(look, 20) : open()); look()`
  await supervisor.start(store)
  await supervisor.start({ ...(await service('needy')), needs: ['store'] })
  fs.writeFileSync(file, '')
  for (const name of ['store', 'needy']) process.kill(/** @type {number} */ (of(name).pid), 'SIGKILL')
  await until(() => of('store').restarts === 1, 'the store is not started again')
  await new Promise((resolve) => setTimeout(resolve, 500))
  assert.equal(of('needy').restarts, 0, 'it was started without what it needs')
  fs.rmSync(file)
  await until(() => of('needy').ready && of('needy').restarts === 1, 'it is not back')
  await supervisor.stopAll()
})

test('a service that is not healthy for long is reported once; one that does not even live is ended and started again', async () => {
  const { supervisor, of } = restarting({ healthWatch: { everyMs: 20, patienceMs: 3000 } })
  const [sick, deaf] = [await sometimesSick('sick'), await sometimesSick('deaf')]
  await supervisor.start(sick)
  await supervisor.start({ ...deaf, alive: deaf.probe, needs: ['sick'] })
  fs.writeFileSync(sick.file, '')
  await until(() => /sick has not been healthy for 3 s: .*answers 503/.test(log('sick')), 'nothing is said')
  fs.writeFileSync(deaf.file, '')
  await until(() => /deaf has not been healthy/.test(log('deaf')), 'nothing is said of it')
  assert.equal(of('deaf').restarts, 0, 'what it needs is away: to start it again would help nobody')
  fs.rmSync(sick.file)
  await until(() => /has not answered for 3 s and is ended/.test(log('deaf')), 'it is not ended')
  fs.rmSync(deaf.file)
  await until(() => of('deaf').restarts > 0 && of('deaf').ready, 'it is not started again')
  await until(() => /sick is healthy again/.test(log('sick')), 'its recovery is not said')
  assert.equal(log('sick').match(/has not been healthy/g)?.length, 1)
  assert.equal(of('sick').restarts, 0, 'it has no probe of being alive, so it is only reported')
})

/** A service that answers 503 for as long as its file is there. @param {string} name */
async function sometimesSick(name) {
  const file = path.join(logsDir, `${name}-is-sick`)
  const one = await service(name)
  one.command.argv[2] = `const sick = () => require('fs').existsSync('${file}')
    require('http').createServer((_, answer) => answer.writeHead(sick() ? 503 : 200).end())
      .listen(${new URL(one.url).port}, '127.0.0.1')`
  return { ...one, file }
}

test('when the supervisor is killed, the kernel ends its services', async () => {
  const { pid, supervisor } = await supervisedElsewhere(await service('orphan'))
  supervisor.kill('SIGKILL')
  await until(() => startedAs(pid) === null, 'the service outlived its supervisor')
})

test('one that stands still outlives a supervisor that is killed, and the next start ends it', async () => {
  const runFile = path.join(logsDir, 'run.json')
  const { pid, supervisor } = await supervisedElsewhere(await service('frozen'), runFile)
  const bystander = spawn('sleep', ['60'])
  process.kill(pid, 'SIGSTOP')
  await endLeftovers(runFile)
  assert.notEqual(startedAs(pid), null, 'a supervisor that lives keeps its services')
  supervisor.kill('SIGKILL')
  await once(supervisor, 'exit')
  // A pid that is somebody else's by now is left alone.
  const run = JSON.parse(fs.readFileSync(runFile, 'utf8'))
  run.services.push({ ...run.services[0], name: 'gone', pid: bystander.pid, startedAs: 'long ago' })
  fs.writeFileSync(runFile, JSON.stringify(run))
  await endLeftovers(runFile)
  assert.equal(startedAs(pid), null)
  assert.notEqual(startedAs(/** @type {number} */ (bystander.pid)), null)
  bystander.kill()
})

/**
 * A service under a supervisor in a process of its own.
 * @param {import('./supervisor.mjs').Service} one
 * @param {string} [runFile]
 */
async function supervisedElsewhere(one, runFile = path.join(logsDir, 'run-of-its-own.json')) {
  const at = (/** @type {string} */ name) => JSON.stringify(fileURLToPath(new URL(name, import.meta.url)))
  const settings = { runFile, logsDir, publicOrigins: ['http://localhost:1'], ports: { storefront: 1 } }
  const program = `
    import { supervised } from ${at('./supervised.mjs')}
    import { readRun } from ${at('./run_file.mjs')}
    await supervised(${JSON.stringify(settings)}, async (supervisor) => {
      await supervisor.start(${JSON.stringify(one)})
      console.log(readRun(${JSON.stringify(runFile)}).services[0].pid, 'ready')
      await new Promise(() => setInterval(() => {}, 1000))
    })`
  const supervisor = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  for await (const chunk of supervisor.stdout) {
    said += chunk
    if (said.includes('ready')) break
  }
  const pid = Number(said.split(' ')[0])
  assert.notEqual(startedAs(pid), null)
  return { pid, supervisor }
}

/**
 * The kernel ends and reaps in its own time, which is short.
 * @param {() => boolean} holds
 * @param {string} otherwise
 */
async function until(holds, otherwise) {
  const deadline = Date.now() + 60_000
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
