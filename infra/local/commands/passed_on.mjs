// Commands whose work is in a crate: they get the environment of this copy and the rest of the command line
// as it is.
import { handOver } from '../processes.mjs'
import { readRun } from '../run_file.mjs'
import { binary } from '../services/binaries.mjs'
import { elsewhere, processEnv } from '../settings.mjs'
import { Stop } from '../stop.mjs'
import { leaveSignalsToTheChild } from '../supervised.mjs'

/** @typedef {import('../settings.mjs').Settings} Settings */

/** @param {Settings} settings @param {string[]} args */
export const load = (settings, args) => passOn(settings, ['load', ...args])

/** @param {Settings} settings @param {string[]} args */
export const verify = (settings, args) => passOn(settings, ['projectors', 'verify', ...args])

/** @param {Settings} settings @param {string[]} args */
export const rebuild = (settings, args) => passOn(settings, ['projectors', 'rebuild', ...args])

/** @param {Settings} settings @param {string[]} args */
export const parked = (settings, args) => passOn(settings, ['projectors', 'parked', ...args])

/** @param {Settings} settings @param {string[]} args */
export const grant = (settings, args) => passOn(settings, ['command-api', 'grant', ...args])

/** @param {Settings} settings @param {string[]} args */
export const reconcile = (settings, args) => passOn(settings, ['command-api', 'reconcile', '--dev', ...args])

/**
 * @param {Settings} given
 * @param {string[]} command
 */
async function passOn(given, [name, ...args]) {
  const run = readRun(given.runFile)
  if (!run?.ready) throw new Stop(`Nothing runs in ${given.dataDir}. Start it first: ./dev up --detach`)
  const settings = elsewhere(given, { portBase: run.portBase, dataDir: given.dataDir })
  const env = {
    RUST_LOG: 'warn',
    ...processEnv(settings),
    ORIGIN: `http://127.0.0.1:${run.portBase}`,
  }
  leaveSignalsToTheChild()
  process.exitCode = await handOver([binary(settings, name), ...args], { env })
}
