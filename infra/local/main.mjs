// ./dev hands over to this: which command is where. One sentence and an exit code for everything that was
// foreseen, a stack for the rest.
import { advisories } from './commands/advisories.mjs'
import { bench } from './commands/bench.mjs'
import { check } from './commands/check.mjs'
import { generate } from './commands/generate.mjs'
import { help } from './commands/help.mjs'
import {
  grant,
  load,
  parked,
  rebuild,
  reconcile,
  republish,
  resetFactors,
  verify,
} from './commands/passed_on.mjs'
import { backup, restore } from './commands/recovery.mjs'
import { analystUrl, down, logs, status } from './commands/running.mjs'
import { sbom } from './commands/sbom.mjs'
import { test } from './commands/test.mjs'
import { supervise, up } from './commands/up.mjs'
import { readSettings } from './settings.mjs'
import { FAILED, Stop, USAGE, say } from './stop.mjs'
import { endOnSignals } from './supervised.mjs'

/** @type {Record<string, (settings: import('./settings.mjs').Settings, args: string[]) => Promise<void> | void>} */
const COMMANDS = {
  up,
  supervise,
  down,
  status,
  logs,
  test,
  check,
  advisories,
  sbom,
  generate,
  load,
  bench,
  verify,
  grant,
  'reset-factors': resetFactors,
  reconcile,
  republish,
  backup,
  restore,
  rebuild,
  parked,
  'analyst-url': analystUrl,
  help,
}

process.stdout.on('error', () => {}) // `./dev logs x | head`
endOnSignals()
process.umask(0o077) // of everything that is started here, too: what it writes is nobody else's to read

try {
  const [name = 'help', ...args] = process.argv
    .slice(2)
    .map((arg, i) => (i === 0 && /^(-h|--help)$/.test(arg) ? 'help' : arg))
  const command = COMMANDS[name]
  if (!command) throw new Stop(`There is no command ${name}. See ./dev help.`, USAGE)
  await command(readSettings(), args)
} catch (error) {
  if (error instanceof Stop) {
    say(error.message)
    process.exitCode = error.code
  } else {
    const full = /** @type {NodeJS.ErrnoException} */ (error).code === 'ENOSPC'
    say(
      full
        ? `The disk is full: ${/** @type {Error} */ (error).message}`
        : `${/** @type {Error} */ (error).stack}`,
    )
    process.exitCode = FAILED
  }
}
process.exit()
