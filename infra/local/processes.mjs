// Starting child processes so that none is ever left behind: the kernel itself ends a child whose parent died
// (`setpriv --pdeathsig`). `startService` is for what runs until it is told to stop (supervisor.mjs), `run`
// for what comes to an end by itself.
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { Stop } from './stop.mjs'

/**
 * @typedef {object} Command
 * @property {string[]} argv
 * @property {NodeJS.ProcessEnv} [env] default: ours
 * @property {string} [cwd]
 * @property {string} [user] run as this user (only possible for root)
 * @property {NodeJS.Signals} [deathSignal] what the kernel sends when we are gone; default TERM
 */

/** @param {Command} command */
function withSetpriv({ argv, user, deathSignal = 'SIGTERM' }) {
  const identity = user ? ['--reuid', user, '--regid', user, '--init-groups'] : []
  return ['--pdeathsig', deathSignal.replace('SIG', ''), ...identity, '--', ...argv]
}

/**
 * In a session of its own: Ctrl-C in the terminal reaches the supervisor alone, and a signal to the group
 * reaches all of the service.
 * @param {Command} command
 * @param {string} logFile
 * @param {{append?: boolean}} [options] append = the log of the process before is gone on with
 */
export function startService(command, logFile, { append = false } = {}) {
  fs.mkdirSync(path.dirname(logFile), { recursive: true })
  if (!append && fs.existsSync(logFile)) fs.renameSync(logFile, `${logFile}.previous`)
  const log = fs.openSync(logFile, 'a')
  const child = spawn('setpriv', withSetpriv(command), {
    cwd: command.cwd,
    env: command.env,
    detached: true,
    stdio: ['ignore', log, log],
  })
  fs.closeSync(log)
  return child
}

/**
 * A line between what a service itself logs.
 * @param {string} logFile
 * @param {string} line
 */
export function appendLine(logFile, line) {
  try {
    fs.appendFileSync(logFile, `${line}\n`)
  } catch {
    // A full disk must not end the supervisor; the line is on standard error as well.
  }
}

/**
 * Signals a service with everything that it started itself.
 * @param {number} pid
 * @param {NodeJS.Signals} signal
 */
export function signalGroup(pid, signal) {
  try {
    process.kill(-pid, signal)
  } catch {
    // It ended in this very moment.
  }
}

/**
 * Runs something to its end.
 * @param {Command & {output?: 'terminal' | 'capture' | 'stdout', logFile?: string, timeoutMs?: number}} command
 *   `terminal` (default): what it prints goes to our standard error; `capture`: kept, and written to logFile;
 * `stdout`: standard output is   kept, standard error goes to ours
 * @returns {Promise<{code: number, output: string, timedOut: boolean}>} code 128+n for signal n, as shells do
 */
export function run(command) {
  const { output = 'terminal', logFile, timeoutMs = 45 * 60_000 } = command
  return new Promise((resolve, reject) => {
    const child = spawn('setpriv', withSetpriv(command), {
      cwd: command.cwd,
      env: command.env,
      detached: output === 'capture', // so that a time-out can end all of it
      stdio: ['ignore', output === 'terminal' ? 2 : 'pipe', output === 'capture' ? 'pipe' : 2],
    })
    let kept = ''
    let timedOut = false
    const take = (/** @type {Buffer} */ chunk) => {
      kept += chunk
    }
    child.stdout?.on('data', take)
    child.stderr?.on('data', take)

    const endAll = (/** @type {NodeJS.Signals} */ signal) =>
      output === 'capture' && child.pid ? signalGroup(child.pid, signal) : child.kill(signal)
    const atExit = () => endAll('SIGKILL')
    const timer = setTimeout(() => {
      timedOut = true
      endAll('SIGKILL')
    }, timeoutMs)
    process.once('exit', atExit)
    child.once('error', reject)
    child.once('close', (code, signal) => {
      clearTimeout(timer)
      process.off('exit', atExit)
      if (logFile) {
        fs.mkdirSync(path.dirname(logFile), { recursive: true })
        fs.writeFileSync(logFile, kept)
      }
      resolve({ code: code ?? 128 + signalNumber(signal), output: kept, timedOut })
    })
  })
}

/** @param {NodeJS.Signals | null} signal */
function signalNumber(signal) {
  return { SIGINT: 2, SIGQUIT: 3, SIGABRT: 6, SIGKILL: 9, SIGSEGV: 11, SIGTERM: 15 }[String(signal)] ?? 0
}

/**
 * Runs something that must succeed; otherwise the sentence, with the last lines of what it said.
 * @param {Parameters<typeof run>[0]} command
 * @param {string} failure such as "The storefront cannot be built"
 */
export async function mustRun(command, failure) {
  const { code, output, timedOut } = await run(command)
  if (code === 0) return output
  const reason = timedOut ? 'it did not end in time' : `exit code ${code}`
  const where = command.logFile ? `\nAll of it: ${command.logFile}` : ''
  const lines = command.output === 'capture' ? lastLines(output) : ''
  throw new Stop(`${failure} (${reason}).${outOfSpace(output)}${lines}${where}`)
}

/**
 * Runs a program as if the person had started it: the terminal is its own, and so is the exit code.
 * @param {string[]} argv
 * @param {{env: NodeJS.ProcessEnv, cwd?: string}} options
 * @returns {Promise<number>}
 */
export function handOver([program, ...args], { env, cwd }) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env, cwd, stdio: 'inherit' })
    child.once('error', reject)
    child.once('close', (code, signal) => resolve(code ?? 128 + signalNumber(signal)))
  })
}

/**
 * @param {string} text
 * @param {number} count
 */
export function lastLines(text, count = 15) {
  const lines = text.trimEnd().split('\n').slice(-count)
  return lines.join('') === '' ? '' : `\n${lines.map((line) => `  | ${line}`).join('\n')}`
}

/**
 * A full disk deserves to be named, whoever stumbled over it.
 * @param {string} text
 */
export function outOfSpace(text) {
  return /no space left on device|ENOSPC|disk quota exceeded/i.test(text.slice(-20_000))
    ? ' The disk is full.'
    : ''
}
