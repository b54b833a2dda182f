// What staff did a moment ago and may still take back: a parcel sent, a parcel delivered. A deed is sent when its time is over or the page
// is left, under a key of its own, and kept in the browser until the shop has answered. Provided by Deeds.tsx.
import { inWords, ProblemError } from '../../../api/problem'
import type { CommandAnswer } from '../../../api/types'
import { forget, keep, kept, type Kept } from './keeping'

/** How long a deed can be taken back. */
export const UNDO_MS = 10_000
/** Another tab may have begun to send what it left over: it gets so much time to be answered. */
const LEFT_OVER_MS = 5_000

export type Wish =
  | {
      kind: 'shipment'
      order: string
      lines: { sku: string; quantity: number }[]
      carrier: string
      tracking: string
    }
  | { kind: 'delivery'; order: string; shipment: string }

export interface Deed {
  /** The command's idempotency key: sent twice, it is done once. */
  key: string
  wish: Wish
  /** What was done, as a sentence without its end. */
  said: string
  /** When it is sent. */
  due: number
  state: 'waiting' | 'sending' | 'unanswered' | 'refused'
  /** Why it was not done. */
  trouble: string | null
}

export interface Deeds {
  /** `onBack` is called where the deed is not done after all: taken back, or refused. */
  add: (wish: Wish, said: string, onBack?: () => void) => void
  /** False where it is too late. */
  undo: (key: string) => boolean
  /** Sends again what was not answered. */
  retry: (key: string) => void
  /** Puts away what was refused. */
  dismiss: (key: string) => void
  /** The page is left: everything that waits is sent at once. */
  sendAll: () => void
  /** Sends what another tab left over: it was closed without a connection, or ended by force. Answers how to stop waiting for that. */
  adopt: () => () => void
  subscribe: (listener: () => void) => () => void
  current: () => Deed[]
}

interface Options {
  /** Whose deeds they are: another account of this browser sends none of them. */
  account: string
  send: (key: string, wish: Wish) => Promise<CommandAnswer>
  /** Shows what became of the order; the deed is listed until then. */
  show: (wish: Wish, answer: CommandAnswer) => Promise<unknown>
}

export function createDeeds({ account, send, show }: Options): Deeds {
  let deeds: Deed[] = []
  const timers = new Map<string, ReturnType<typeof setTimeout>>()
  const takenBack = new Map<string, () => void>()
  const listeners = new Set<() => void>()

  const set = (next: Deed[]) => {
    deeds = next
    for (const listener of listeners) listener()
  }
  const find = (key: string) => deeds.find((deed) => deed.key === key)
  const change = (key: string, more: Partial<Deed>) =>
    set(deeds.map((deed) => (deed.key === key ? { ...deed, ...more } : deed)))
  const remove = (key: string) => {
    clearTimeout(timers.get(key))
    timers.delete(key)
    takenBack.delete(key)
    set(deeds.filter((deed) => deed.key !== key))
  }

  const dispatch = (key: string) => {
    const deed = find(key)
    // What was taken back, or is on its way, is not sent.
    if (deed === undefined || (deed.state !== 'waiting' && deed.state !== 'unanswered')) return
    clearTimeout(timers.get(key))
    change(key, { state: 'sending', trouble: null })
    send(key, deed.wish).then(
      async (answer) => {
        forget(account, key)
        await show(deed.wish, answer).catch(() => undefined)
        remove(key)
      },
      (error: unknown) => {
        const wasAnswered = error instanceof ProblemError
        // Once the account is signed in again, what it may do is sent.
        if (wasAnswered && error.problem.status !== 401) {
          forget(account, key)
          takenBack.get(key)?.()
          change(key, { state: 'refused', trouble: inWords(error.problem) })
          return
        }
        const trouble = wasAnswered ? inWords(error.problem) : 'The shop did not answer.'
        change(key, { state: 'unanswered', trouble })
      },
    )
  }
  /** Taken back in the other tab, or answered there: then it is not kept any more. */
  const adoptOne = ({ key, wish, said, due }: Kept) => {
    if (find(key) !== undefined || kept(account).every((other) => other.key !== key)) return
    set([...deeds, { key, wish, said, due, state: 'waiting', trouble: null }])
    dispatch(key)
  }

  return {
    add: (wish, said, onBack) => {
      const key = crypto.randomUUID()
      const deed: Deed = { key, wish, said, due: Date.now() + UNDO_MS, state: 'waiting', trouble: null }
      if (onBack !== undefined) takenBack.set(key, onBack)
      keep(account, { key, wish, said, due: deed.due })
      set([...deeds, deed])
      timers.set(
        key,
        setTimeout(() => dispatch(key), UNDO_MS),
      )
      // The page was left in the same moment: nobody comes to take it back.
      if (document.visibilityState === 'hidden') dispatch(key)
    },
    undo: (key) => {
      if (find(key)?.state !== 'waiting') return false
      forget(account, key)
      const back = takenBack.get(key)
      remove(key)
      back?.()
      return true
    },
    retry: dispatch,
    dismiss: (key) => {
      if (find(key)?.state === 'refused') remove(key)
    },
    sendAll: () => {
      for (const { key, state } of deeds) if (state === 'waiting') dispatch(key)
    },
    adopt: () => {
      const waiting = kept(account)
        .filter(({ key }) => find(key) === undefined)
        .map((left) => setTimeout(() => adoptOne(left), Math.max(left.due + LEFT_OVER_MS - Date.now(), 0)))
      return () => waiting.forEach(clearTimeout)
    },
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    current: () => deeds,
  }
}
