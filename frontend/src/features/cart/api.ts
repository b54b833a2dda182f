// Every request of the cart. Called by cartSync.ts.
import { commands, queries } from '../../api/client'
import { ProblemError, problemOf, type Problem } from '../../api/problem'
import type { CartDocument, CommandAnswer } from '../../api/types'
import type { CartCommand } from './cartState'

/** How a command ended, in the only terms that matter to the one who sent it. */
export type Outcome =
  | { kind: 'answered'; answer: Pick<CommandAnswer, 'id' | 'version'> }
  | { kind: 'refused'; problem: Problem }
  | {
      kind: 'later'
      afterMs: number | null
      stored: 'no' | 'unknown'
      reached: boolean
      problem: Problem | null
    }

const ANSWER_WITHIN_MS = 15_000

interface Answered {
  response: Response
  data?: unknown
  error?: unknown
}

async function outcomeOf(request: (signal: AbortSignal) => Promise<Answered>): Promise<Outcome> {
  let result: Answered
  try {
    result = await request(AbortSignal.timeout(ANSWER_WITHIN_MS))
  } catch {
    return { kind: 'later', afterMs: null, stored: 'unknown', reached: false, problem: null }
  }
  if (result.response.ok && isAnswer(result.data)) return { kind: 'answered', answer: result.data }
  const problem = problemOf(result.response, result.error)
  const later = { kind: 'later', afterMs: problem.retryAfterMs, reached: true, problem } as const
  if (problem.status === 429 || problem.status === 503) return { ...later, stored: 'no' }
  if (problem.slug === 'idempotency-in-progress' || problem.status >= 500)
    return { ...later, stored: 'unknown' }
  return { kind: 'refused', problem }
}

function isAnswer(data: unknown): data is CommandAnswer {
  return typeof data === 'object' && data !== null && 'id' in data && 'version' in data
}

export function openCart(key: string): Promise<Outcome> {
  return outcomeOf((signal) => commands.POST('/api/commands/carts', { body: {}, ...sending(key, signal) }))
}

export function send(cartId: string, key: string, command: CartCommand): Promise<Outcome> {
  return outcomeOf((signal) => request(cartId, command, sending(key, signal)))
}

function request(id: string, command: CartCommand, sending: Sending): Promise<Answered> {
  switch (command.kind) {
    case 'add': {
      const lines = command.lines.map(({ sku, quantity }) => ({ sku, quantity }))
      const params = { path: { id } }
      return commands.POST('/api/commands/carts/{id}/lines', { params, body: { lines }, ...sending })
    }
    case 'set': {
      const params = { path: { id, sku: command.sku } }
      const body = { quantity: command.quantity }
      return commands.PUT('/api/commands/carts/{id}/lines/{sku}', { params, body, ...sending })
    }
    case 'remove': {
      const params = { path: { id, sku: command.sku } }
      return commands.DELETE('/api/commands/carts/{id}/lines/{sku}', { params, ...sending })
    }
    case 'clear':
      return commands.DELETE('/api/commands/carts/{id}/lines', { params: { path: { id } }, ...sending })
  }
}

type Sending = ReturnType<typeof sending>

/** keepalive: the request outlives the page, should the shopper leave at once. */
function sending(key: string, signal: AbortSignal) {
  return { headers: { 'Idempotency-Key': key }, signal, keepalive: true }
}

/** The shopper's cart as the query side has it; null when there is none yet. */
export async function currentCart(): Promise<CartDocument | null> {
  const { data, error, response } = await queries.GET('/api/queries/carts/current')
  if (response.status === 204) return null
  if (data === undefined) throw new ProblemError(problemOf(response, error))
  return data
}

/** The cart once it shows at least this version. */
export async function cartAt(id: string, version: number): Promise<CartDocument> {
  const { data, error, response } = await queries.GET('/api/queries/carts/{id}', {
    params: { path: { id }, query: { 'min-version': version } },
  })
  if (data === undefined) throw new ProblemError(problemOf(response, error))
  return data
}
