// Sends one command until it is answered: again after a lost answer, under the same key, so that it counts once.
// Called by the features whose commands move money or goods; the cart has a queue of its own.
import { ProblemError, problemOf, type Problem } from './problem'

const ANSWER_WITHIN_MS = 20_000
const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 8_000
const ATTEMPTS = 6
/** Whoever is asked to wait for longer is told so, instead of waiting. */
const PATIENCE_MS = 60_000

/** Nobody knows whether the command was carried out; its key can tell, later. */
export class Unanswered extends Error {
  /** What the shop said last, if it said anything. */
  readonly problem: Problem | null

  constructor(problem: Problem | null) {
    super(problem?.detail ?? 'The shop could not be reached.')
    this.name = 'Unanswered'
    this.problem = problem
  }
}

interface Answered<Answer> {
  response: Response
  data?: Answer
  error?: unknown
}

export interface Sending {
  headers: { 'Idempotency-Key': string }
  signal: AbortSignal
}

/**
 * Throws a `ProblemError` where the command was refused, and `Unanswered` after a while without an answer. `whileWaiting`
 * is told each time when it has to be sent again.
 */
export async function untilAnswered<Answer>(
  key: string,
  send: (sending: Sending) => Promise<Answered<Answer>>,
  whileWaiting: () => void = () => {},
): Promise<Answer> {
  let problem: Problem | null = null
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    if (attempt > 0) {
      whileWaiting()
      await pause(problem?.retryAfterMs ?? Math.min(FIRST_PAUSE_MS * 2 ** (attempt - 1), LONGEST_PAUSE_MS))
    }
    const signal = AbortSignal.timeout(ANSWER_WITHIN_MS)
    const sent = send({ headers: { 'Idempotency-Key': key }, signal })
    const result = await sent.catch(() => null)
    if (result === null) {
      problem = null
      continue
    }
    if (result.response.ok) return result.data as Answer
    problem = problemOf(result.response, result.error)
    if (!isPassing(problem)) throw new ProblemError(problem)
  }
  throw new Unanswered(problem)
}

/** May pass by itself: the same request is worth another try. */
function isPassing({ status, slug, retryAfterMs }: Problem): boolean {
  if (retryAfterMs !== null && retryAfterMs > PATIENCE_MS) return false
  return status >= 500 || status === 429 || slug === 'idempotency-in-progress'
}

/** Until the time has passed, or the connection is back. */
function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      window.removeEventListener('online', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    window.addEventListener('online', done)
  })
}
