// `./dev advisories [REPOSITORY]`: what is known of holes in our libraries, brought up to date: from the network, or from a copy of
// RustSec's repository that somebody brought along.
import fs from 'node:fs'
import path from 'node:path'
import { crateComplaint, packageComplaint, refreshAdvisories } from '../advisories.mjs'
import { parseFlags } from '../flags.mjs'
import { FAILED, MISSING, Stop, USAGE } from '../stop.mjs'

/**
 * @param {import('../settings.mjs').Settings} settings
 * @param {string[]} args
 */
export async function advisories(settings, args) {
  const { rest } = parseFlags(args, [])
  if (rest.length > 1) throw new Stop('Usage: ./dev advisories [REPOSITORY]', USAGE)
  const [given] = rest.map((one) => path.resolve(one))
  if (given && !fs.existsSync(given)) throw new Stop(`There is no folder ${given}.`, MISSING)
  fs.mkdirSync(settings.cacheDir, { recursive: true })
  /** @type {unknown} */
  let unanswered = null
  await refreshAdvisories(settings, given).catch((error) => {
    if (!(error instanceof Stop)) throw error
    unanswered = error
  })
  const complaints = [await crateComplaint(settings), packageComplaint()].filter((one) => one !== null)
  console.log(complaints.length === 0 ? 'No advisory concerns us.' : complaints.join('\n'))
  if (complaints.length > 0) process.exitCode = FAILED
  if (unanswered) throw unanswered
}
