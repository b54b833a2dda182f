// How long a request may take, and which are worth another try. Called by client.ts and app/App.tsx.
import { ProblemError } from './problem'

/** Longer than any answer of the shop: its own limit for a query is 5 s. */
const READ_WITHIN_MS = 15_000
/** The shop's own limit for a command is 12 s. */
const CHANGE_WITHIN_MS = 20_000
const TRIES = 3
const TIMED_OUT = 504

/** `fetch` that gives up: a request that nobody answers would be waited for as long as the page is open. */
export function fetchInTime(fetchNow: typeof fetch): typeof fetch {
  return (input, init) => {
    const request = new Request(input, init)
    const limit = AbortSignal.timeout(request.method === 'GET' ? READ_WITHIN_MS : CHANGE_WITHIN_MS)
    return fetchNow(request, { signal: AbortSignal.any([request.signal, limit]) })
  }
}

/** After so many failures. Together with the pauses between, whoever waits knows after 15 s at the latest how it ended. */
export function isWorthAnotherTry(failures: number, error: unknown): boolean {
  if (!navigator.onLine || isTimeout(error)) return false
  if (!(error instanceof ProblemError)) return failures < TRIES
  const { status } = error.problem
  if (status === TIMED_OUT) return failures < 1
  return status >= 429 && failures < TRIES
}

function isTimeout(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'TimeoutError'
}
