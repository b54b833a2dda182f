// Commands whose work is in a crate: they get the environment of this copy and the rest of the command line
// as it is.
import { handOver } from '../processes.mjs'
import { readyRun } from '../run_file.mjs'
import { binary } from '../services/binaries.mjs'
import { databaseEnv } from '../services/database_roles.mjs'
import { elsewhere, processEnv } from '../settings.mjs'
import { Stop } from '../stop.mjs'
import { leaveSignalsToTheChild } from '../supervised.mjs'

/** @typedef {import('../settings.mjs').Settings} Settings */

/** @param {Settings} settings @param {string[]} args */
export function load(settings, args) {
  const { storefront } = readyRun(settings)
  if (storefront.startsWith('https:'))
    throw new Stop(
      `The load speaks plain http, and this copy answers ${storefront} alone. Start one beside it: DATA_DIR=.local-2 PORT_BASE=8400 PUBLIC_ORIGIN= ./dev up`,
    )
  return passOn(settings, ['load', ...args])
}

/** @param {Settings} settings @param {string[]} args */
export const verify = (settings, args) => passOn(settings, ['projectors', 'verify', ...args])

/** @param {Settings} settings @param {string[]} args */
export const rebuild = (settings, args) => passOn(settings, ['projectors', 'rebuild', ...args])

/** Consumers that park as views do, and have a command of their own: those of the notifications. */
const NOTIFICATIONS = ['webhooks', 'mails', 'request-news']

/**
 * Events that a view could not apply, and those of which the notifications could tell nobody. A list without a name is of both.
 * @param {Settings} settings
 * @param {string[]} args
 */
export async function parked(settings, args) {
  const [action, name] = args
  const isOfNotifications = NOTIFICATIONS.includes(name ?? '')
  if (!isOfNotifications) await passOn(settings, ['projectors', 'parked', ...args])
  const viewsExit = process.exitCode ?? 0
  if (isOfNotifications || (action === 'list' && name === undefined)) {
    await passOn(settings, ['command-api', 'parked', ...args])
  }
  process.exitCode ||= viewsExit
}

/** @param {Settings} settings @param {string[]} args */
export const grant = (settings, args) => passOn(settings, ['command-api', 'grant', ...args])

/** @param {Settings} settings @param {string[]} args */
export const resetFactors = (settings, args) => passOn(settings, ['command-api', 'reset-factors', ...args])

/** @param {Settings} settings @param {string[]} args */
export const republish = (settings, args) => passOn(settings, ['command-api', 'republish', ...args])

/** @param {Settings} settings @param {string[]} args */
export const reconcile = (settings, args) => passOn(settings, ['command-api', 'reconcile', '--dev', ...args])

/**
 * @param {Settings} given
 * @param {string[]} command
 */
async function passOn(given, [name, ...args]) {
  const run = readyRun(given)
  const settings = elsewhere(given, { portBase: run.portBase, dataDir: given.dataDir })
  const env = {
    RUST_LOG: 'warn',
    ...processEnv(settings),
    ...databaseEnv(settings, name),
    ORIGIN: `http://127.0.0.1:${run.portBase}`,
  }
  leaveSignalsToTheChild()
  process.exitCode = await handOver([binary(settings, name), ...args], { env })
}
