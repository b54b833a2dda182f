// Reads RFC 9457 problems, so that callers can decide on `slug` and say `detail` to the shopper.

export interface Problem {
  status: number
  slug: string
  detail: string
  /** How long the server asks us to wait, from Retry-After. */
  retryAfterMs: number | null
  /** Each field that is not as it has to be, and its rule. */
  violations: Violation[]
}

export interface Violation {
  field: string
  message: string
}

export class ProblemError extends Error {
  readonly problem: Problem

  constructor(problem: Problem) {
    super(problem.detail)
    this.name = 'ProblemError'
    this.problem = problem
  }
}

interface Answered<Answer> {
  response: Response
  data?: Answer
  error?: unknown
}

/** What was asked for. Throws a `ProblemError` where there is none. */
export function answerOf<Answer>({ data, error, response }: Answered<Answer>): Answer {
  if (data === undefined) throw new ProblemError(problemOf(response, error))
  return data
}

export function problemOf(response: Response, body: unknown): Problem {
  const said = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>
  return {
    status: response.status,
    slug: typeof said.type === 'string' ? (said.type.split('/').pop() ?? '') : '',
    detail:
      typeof said.detail === 'string' ? said.detail : `The shop answered with status ${response.status}.`,
    retryAfterMs: retryAfterMs(response.headers.get('retry-after')),
    violations: Array.isArray(said.violations) ? said.violations.filter(isViolation) : [],
  }
}

/** The words of the server as a sentence of a page: what it says of commands in general is left out. */
export function inWords({ detail }: Pick<Problem, 'detail'>): string {
  const said = detail.replace(/^Nothing was changed[:.]\s*/, '').trim()
  const sentence = said.charAt(0).toLocaleUpperCase() + said.slice(1)
  return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`
}

/** The server's rule about a field begins in the middle of a sentence. */
export function asSentences(violations: Violation[]): Violation[] {
  return violations.map(({ field, message }) => ({ field, message: inWords({ detail: `this ${message}` }) }))
}

function isViolation(said: unknown): said is Violation {
  return typeof said === 'object' && said !== null && 'field' in said && 'message' in said
}

function retryAfterMs(header: string | null): number | null {
  if (header === null) return null
  const seconds = Number(header)
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000)
  const date = Date.parse(header)
  return Number.isNaN(date) ? null : Math.max(0, date - Date.now())
}
