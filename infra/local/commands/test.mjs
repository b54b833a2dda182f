// `./dev test [unit|integration|ui|system] [FILTER]`: real services on ports and data of their own, then
// every suite, then one table.
import path from 'node:path'
import { baseBeside } from '../ports.mjs'
import { checkMachine, forgetData, prepare, startShop, startStores } from '../shop.mjs'
import { endLeftovers } from '../leftovers.mjs'
import { buildTests } from '../rust.mjs'
import { claimRun, releaseRun } from '../run_file.mjs'
import { localstripe } from '../services/localstripe.mjs'
import { elsewhere } from '../settings.mjs'
import { FAILED, Stop, USAGE, say } from '../stop.mjs'
import { supervised } from '../supervised.mjs'
import { newSupervisor } from '../supervisor.mjs'
import { runInfraTests, runPlaywright, runVitest } from '../testing/javascript_suites.mjs'
import { levelOf, runRustTarget } from '../testing/rust_suites.mjs'
import { runSchemathesis } from '../testing/schemathesis.mjs'
import { report } from '../testing/suite.mjs'
import { localstripePython, schemathesisPython } from '../tools.mjs'

/** @typedef {import('../settings.mjs').Settings} Settings */
/** @typedef {import('../testing/suite.mjs').Result} Result */

const LEVELS = ['unit', 'integration', 'ui', 'system']

/**
 * @param {Settings} given
 * @param {string[]} args
 */
export async function test(given, args) {
  const { levels, filter } = parseTestArguments(args)
  const settings = elsewhere(given, {
    portBase: Number(given.env.TEST_PORT_BASE) || baseBeside(given.ports.storefront, 10_000),
    dataDir: path.join(given.dataDir, 'test'),
  })
  await endLeftovers(settings.runFile)
  claimRun(settings.runFile, { storefront: settings.publicOrigins[0], portBase: settings.ports.storefront })
  /** @type {Result[]} */
  const results = []
  let done
  try {
    await checkMachine(settings)
    forgetData(settings)
    const targets = /** @type {import('../rust.mjs').TestTarget[]} */ (
      await prepare(settings, () => buildTests(settings))
    )
    const stripe = await localstripePython(settings)
    const schemathesis = levels.includes('ui') ? await schemathesisPython(settings) : ''
    done = await supervised(settings, async (stores, ready) => {
      await startStores(settings, stores)
      await stores.start(localstripe(settings, stripe))
      // Journeys call commands of `./dev` about this copy, such as `grant`.
      ready()
      for await (const result of suites(settings, targets, schemathesis, levels, filter)) results.push(result)
      return 'done'
    })
  } finally {
    releaseRun(settings.runFile)
    forgetData(settings, { keepLogs: true })
  }
  if (done !== 'done') throw new Stop('The tests were interrupted.', 130)

  const failed = results.some((result) => result.failed > 0)
  const ran = results.some((result) => result.passed > 0)
  if (failed) say(`Logs: ${settings.logsDir}`)
  else if (!ran) say(`No test matches ${filter}.`)
  console.log(report(results))
  if (failed || !ran) process.exitCode = FAILED
}

/**
 * @param {Settings} settings
 * @param {import('../rust.mjs').TestTarget[]} targets
 * @param {string} schemathesis a Python that knows it
 * @param {string[]} levels
 * @param {string} filter
 * @returns {AsyncGenerator<Result>}
 */
async function* suites(settings, targets, schemathesis, levels, filter) {
  const rust = (/** @type {string} */ level) => targets.filter((target) => levelOf(target) === level)
  if (levels.includes('unit')) {
    yield await runInfraTests(settings, filter)
    for (const target of rust('unit')) yield await runRustTarget(settings, target, filter)
    yield await runVitest(settings, filter)
  }
  if (levels.includes('integration')) {
    for (const target of rust('integration')) yield await runRustTarget(settings, target, filter)
  }
  if (levels.includes('ui')) {
    yield* await inAShop(settings, async () => [
      await runPlaywright(settings, filter),
      await runSchemathesis(settings, schemathesis, filter),
    ])
  }
  if (levels.includes('system')) {
    for (const target of rust('system')) yield await runRustTarget(settings, target, filter)
  }
}

/**
 * The rest of a shop on the stores that run already.
 * @param {Settings} settings
 * @param {() => Promise<Result[]>} work
 * @returns {Promise<Result[]>}
 */
async function inAShop(settings, work) {
  const servers = newSupervisor({ logsDir: settings.logsDir })
  const lost = (/** @type {string} */ why) => {
    say(why)
    return [{ level: 'ui', name: 'a shop for the browser', passed: 0, failed: 1, seconds: 0 }]
  }
  try {
    await startShop(settings, servers)
    const outcome = await Promise.race([work(), servers.crashed])
    return outcome instanceof Stop ? lost(outcome.message) : outcome
  } catch (error) {
    if (!(error instanceof Stop)) throw error
    return lost(error.message)
  } finally {
    await servers.stopAll()
  }
}

/**
 * @param {string[]} args
 * @returns {{levels: string[], filter: string}}
 */
export function parseTestArguments(args) {
  const [first = '', ...rest] = args
  const levels = LEVELS.includes(first) ? [first] : LEVELS
  const filters = LEVELS.includes(first) ? rest : args
  if (filters.length > 1 || filters.some((one) => one.startsWith('-'))) {
    throw new Stop(`Usage: ./dev test [${LEVELS.join('|')}] [FILTER]`, USAGE)
  }
  return { levels, filter: filters[0] ?? '' }
}
