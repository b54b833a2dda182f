// Which port belongs to whom. Every port is PORT_BASE plus a fixed offset, so that one variable moves a whole
// copy; and who holds a port that should be free. Called by settings.mjs and, before anything is started, by
// shop.mjs.
import { execFile } from 'node:child_process'
import net from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import { Stop, USAGE } from './stop.mjs'

/** Offsets from PORT_BASE. */
const OFFSETS = {
  storefront: 0,
  commandApi: 1,
  queryApi: 2,
  plainHttp: 3, // of the storefront, where its own port speaks TLS
  commandApiAdmin: 11,
  projectorsAdmin: 12,
  queryApiAdmin: 13,
  mail: 25,
  postgres: 32,
  redis: 79,
  localstripe: 84,
  kafka: 92,
  kafkaController: 93,
}

/** @typedef {typeof OFFSETS} Ports */

/**
 * @param {number} base
 * @returns {Ports}
 */
export function portPlan(base) {
  const highest = 65535 - Math.max(...Object.values(OFFSETS))
  if (!Number.isInteger(base) || base < 1024 || base > highest) {
    throw new Stop(`PORT_BASE must be a whole number from 1024 to ${highest}.`, USAGE)
  }
  const plan = Object.entries(OFFSETS).map(([name, offset]) => [name, base + offset])
  return /** @type {Ports} */ (Object.fromEntries(plan))
}

/** Above this, Linux hands ports to outgoing connections, and a free one may be taken at any moment. */
const LAST_QUIET_PORT = 32_767

/**
 * A base for something that runs beside the copy at `base`: its tests, its benchmarks.
 * @param {number} base
 * @param {number} distance
 */
export function baseBeside(base, distance) {
  let beside = base + distance
  while (beside + OFFSETS.kafkaController > LAST_QUIET_PORT) beside -= 15_000
  return beside
}

/**
 * Whether nobody listens there. Binding is the only question whose answer is never out of date by a name or a
 * permission.
 * @param {number} port
 * @returns {Promise<boolean>}
 */
export function isFree(port) {
  return new Promise((resolve) => {
    const server = net.createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)))
  })
}

/**
 * The process that listens on a port, as far as this user may know.
 * @param {number} port
 * @returns {Promise<string | null>} such as `redis-server (pid 4711)`
 */
async function holderOf(port) {
  try {
    const { stdout } = await promisify(execFile)('ss', ['-Hltnp', `sport = :${port}`], { timeout: 5000 })
    const found = /users:\(\("([^"]+)",pid=(\d+)/.exec(stdout)
    return found ? `${found[1]} (pid ${found[2]})` : null
  } catch {
    return null
  }
}

/**
 * Refuses to go on while any port of the plan is taken, and names it. A copy that was killed a moment ago may
 * still be letting go of its ports, hence the patience.
 * @param {Partial<Ports>} ports
 * @param {number} [patienceMs]
 */
export async function requireFree(ports, patienceMs = 3000) {
  const deadline = Date.now() + patienceMs
  let taken = await takenOf(ports)
  while (taken.length > 0 && Date.now() < deadline) {
    await wait(100)
    taken = await takenOf(ports)
  }
  if (taken.length === 0) return
  const named = taken.map(async ([name, port]) => {
    return `${port} (for ${words(name)}) by ${(await holderOf(port)) ?? 'another process'}`
  })
  const subject = taken.length === 1 ? 'A port is in use' : 'Ports are in use'
  const list = (await Promise.all(named)).join(', ')
  throw new Stop(`${subject}: ${list}. Stop that process, or choose other ports with PORT_BASE.`)
}

/** @param {Partial<Ports>} ports */
async function takenOf(ports) {
  const taken = []
  for (const [name, port] of Object.entries(ports)) {
    if (!(await isFree(port))) taken.push(/** @type {[string, number]} */ ([name, port]))
  }
  return taken
}

/** @param {string} name `commandApiAdmin` → `command api admin` */
function words(name) {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
}
