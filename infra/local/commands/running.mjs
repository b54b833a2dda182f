// The commands about a copy that runs: `down`, `status`, `logs`. They find it by its data folder.
import fs from 'node:fs'
import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { parseFlags } from '../flags.mjs'
import { whyNotReady } from '../probes.mjs'
import { readRun, startedAs } from '../run_file.mjs'
import { SERVERS } from '../services/binaries.mjs'
import { FAILED, Stop, USAGE, say } from '../stop.mjs'

/** @typedef {import('../settings.mjs').Settings} Settings */

const SERVICES = ['postgres', 'redis', 'mail', 'kafka', ...SERVERS, 'nginx']

/** Longer than the supervisor takes at worst. */
const DOWN_WITHIN_MS = 180_000

/**
 * @param {Settings} settings
 * @param {string[]} args
 */
export async function down(settings, args) {
  parseFlags(args, [])
  const run = readRun(settings.runFile)
  if (!run) {
    say(`Nothing runs in ${settings.dataDir}.`)
    return
  }
  process.kill(run.pid, 'SIGTERM')
  const deadline = Date.now() + DOWN_WITHIN_MS
  while (startedAs(run.pid) === run.startedAs) {
    if (Date.now() > deadline) {
      process.kill(run.pid, 'SIGKILL') // the kernel then ends its services
      throw new Stop(
        `The supervisor (pid ${run.pid}) did not stop in ${DOWN_WITHIN_MS / 1000} s and was killed.`,
      )
    }
    await wait(100)
  }
  say('Stopped. The data is kept.')
}

/**
 * @param {Settings} settings
 * @param {string[]} args
 */
export async function status(settings, args) {
  const { json } = parseFlags(args, ['json'])
  const run = readRun(settings.runFile)
  const services = await Promise.all(
    SERVICES.map(async (name) => {
      const service = run?.services.find((one) => one.name === name)
      if (!service) return { name, url: null, pid: null, healthy: false, reason: 'not running' }
      const reason = await whyNotReady(service.probe)
      return { name, url: service.url, pid: service.pid, healthy: reason === null, reason }
    }),
  )
  const storefront = run?.storefront ?? settings.publicOrigins[0]
  if (json) {
    const reported = services.map(({ name, url, pid, healthy }) => ({ name, url, pid, healthy }))
    console.log(JSON.stringify({ storefront, services: reported }))
  } else {
    console.log(run ? `The shop: ${storefront}` : `Nothing runs in ${settings.dataDir}.`)
    for (const { name, url, pid, reason } of run ? services : []) {
      console.log(
        `  ${name.padEnd(12)} ${reason === null ? 'healthy' : 'UNHEALTHY'}  pid ${pid ?? '-'}  ${reason ?? url}`,
      )
    }
  }
  if (!services.every(({ healthy }) => healthy)) process.exitCode = FAILED
}

/**
 * @param {Settings} settings
 * @param {string[]} args
 */
export async function logs(settings, args) {
  const { follow, rest } = parseFlags(args, ['follow'])
  const written = fs.existsSync(settings.logsDir) ? fs.readdirSync(settings.logsDir) : []
  const names = written.filter((file) => file.endsWith('.log')).map((file) => path.basename(file, '.log'))
  const [name] = rest
  if (rest.length !== 1 || !names.includes(name)) {
    throw new Stop(`Usage: ./dev logs NAME [--follow]. Logs here: ${names.join(', ') || 'none yet'}.`, USAGE)
  }
  const file = path.join(settings.logsDir, `${name}.log`)
  let shown = print(file, Math.max(0, fs.statSync(file).size - 64 * 1024))
  while (follow) {
    await wait(250)
    const size = fs.existsSync(file) ? fs.statSync(file).size : 0
    if (size < shown) shown = 0 // a new start, a new file
    shown = print(file, shown)
  }
}

/**
 * @param {string} file
 * @param {number} from
 * @returns {number} where the file ended
 */
function print(file, from) {
  const bytes = fs.existsSync(file) ? fs.readFileSync(file) : Buffer.alloc(0)
  process.stdout.write(bytes.subarray(from))
  return bytes.length
}
