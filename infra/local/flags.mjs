// Command lines as small as ours need no library.
import { Stop, USAGE } from './stop.mjs'

/**
 * @template {string} F
 * @param {string[]} args
 * @param {F[]} known
 * @returns {Record<F, boolean> & {rest: string[]}} rest = what is no flag
 */
export function parseFlags(args, known) {
  const unknown = args.find((arg) => arg.startsWith('-') && !known.some((flag) => arg === `--${flag}`))
  if (unknown) throw new Stop(`There is no option ${unknown} here. See ./dev help.`, USAGE)
  const flags = Object.fromEntries(known.map((flag) => [flag, args.includes(`--${flag}`)]))
  return /** @type {Record<F, boolean> & {rest: string[]}} */ ({
    ...flags,
    rest: args.filter((arg) => !arg.startsWith('-')),
  })
}
