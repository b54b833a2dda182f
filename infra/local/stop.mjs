// The way out of every command: throw a Stop with one clear sentence, and main.mjs prints it and exits with
// its code.

/** Exit codes of `./dev`: 0 fine, 1 failed, 2 wrong usage, 3 something is missing (and the message says which). */
export const FAILED = 1
export const USAGE = 2
export const MISSING = 3

/** An end that was foreseen: its message is for the person, without a stack. */
export class Stop extends Error {
  /**
   * @param {string} message
   * @param {number} code
   */
  constructor(message, code = FAILED) {
    super(message)
    this.code = code
  }
}

/**
 * What a person is told while something happens. Standard output is kept for results, so this is standard
 * error.
 * @param {string} line
 */
export function say(line) {
  process.stderr.write(`${line}\n`)
}
