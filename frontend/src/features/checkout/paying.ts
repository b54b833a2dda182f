// Starts to pay for an order that is there. Called by usePlacing.ts right after it was placed, and by PayOrder.tsx.
import { keyIn } from '../../api/orderKey'
import { ProblemError, type Problem } from '../../api/problem'
import { startAttempt } from './api'
import { keepAttempt, type Attempt } from './kept'

export interface PayableOrder {
  id: string
  /** Of its link; null where the session is enough. */
  key: string | null
}

export type Started =
  | { at: 'started'; paymentVersion: number }
  | { at: 'refused'; problem: Problem }
  /** The attempt is kept: sent again under its key, it counts once. */
  | { at: 'unanswered' }

export async function pay(
  order: PayableOrder,
  attempt: Attempt,
  whileWaiting: () => void = () => {},
): Promise<Started> {
  keepAttempt(order.id, attempt)
  try {
    const { version } = await startAttempt(order, attempt.key, attempt.method, whileWaiting)
    keepAttempt(order.id, null)
    return { at: 'started', paymentVersion: version }
  } catch (error) {
    if (!(error instanceof ProblemError)) return { at: 'unanswered' }
    keepAttempt(order.id, null)
    return { at: 'refused', problem: error.problem }
  }
}

/** The key that opens the order without a session. */
export function keyOf(link: string): string | null {
  return keyIn(new URL(link, window.location.origin).hash)
}
