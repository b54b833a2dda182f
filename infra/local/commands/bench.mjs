// `./dev bench [NAME] [--write] [--json]`: the binary `bench` against a copy of its own, with nothing else in
// it: no storefront, no catalogue, and rate limits that are out of the way. `./dev bench search` measures the search index by itself,
// which needs no copy.
import { setTimeout as wait } from 'node:timers/promises'
import path from 'node:path'
import { baseBeside } from '../ports.mjs'
import { handOver } from '../processes.mjs'
import { endLeftovers } from '../leftovers.mjs'
import { buildBinaries, cargoEnv } from '../rust.mjs'
import { fetchKafkaJars } from '../kafka_jars.mjs'
import { binary } from '../services/binaries.mjs'
import { OWNER, databaseUrl } from '../services/database_roles.mjs'
import { postgresBin } from '../services/postgres.mjs'
import { ROOT, elsewhere, processEnv } from '../settings.mjs'
import { checkMachine, forgetData, startApis, startStores } from '../shop.mjs'
import { Stop } from '../stop.mjs'
import { supervised } from '../supervised.mjs'

/** Beside a running shop (+0) and its tests (+10000). */
const PORTS_FURTHER = 20_000

/**
 * @param {import('../settings.mjs').Settings} given
 * @param {string[]} args
 */
export async function bench(given, args) {
  if (args[0] === 'search') return benchSearch(given)
  const raised = {
    ...given,
    env: {
      ...given.env,
      CARGO_PROFILE_DEV_OPT_LEVEL: '3', // as the images are built (docs/decisions/0026)
      RATE_LIMIT_PER_SECOND: '1000000',
      GUEST_LIMIT_PER_SECOND: '1000000',
      SESSION_LIMIT_PER_SECOND: '1000000',
      UNPAID_ORDERS: '1000000',
      UNPAID_UNITS: '1000000000',
    },
  }
  const settings = elsewhere(raised, {
    portBase: baseBeside(given.ports.storefront, PORTS_FURTHER),
    dataDir: path.join(given.dataDir, 'bench'),
  })
  await endLeftovers(settings.runFile)
  await checkMachine(settings)
  forgetData(settings)
  await Promise.all([buildBinaries(settings), fetchKafkaJars(settings)])
  const code = await supervised(settings, async (supervisor) => {
    await startStores(settings, supervisor)
    await startApis(settings, supervisor)
    await wait(2000) // what starting left behind is not measured
    const env = {
      ...processEnv(settings),
      DATABASE_URL: databaseUrl(settings, OWNER), // it makes databases of its own
      CARTWRIGHT_BIN_DIR: settings.binDir,
      PGBENCH: path.join(postgresBin(), 'pgbench'),
    }
    return handOver([binary(settings, 'bench'), ...args], { env, cwd: ROOT })
  })
  forgetData(settings)
  if (typeof code !== 'number') throw new Stop('The benchmark was interrupted.', 130)
  process.exitCode = code
}

/** @param {import('../settings.mjs').Settings} settings */
async function benchSearch(settings) {
  const argv = ['cargo', 'bench', '--locked', '-p', 'query-api', '--bench', 'search']
  process.exitCode = await handOver(argv, { env: cargoEnv(settings), cwd: ROOT })
}
