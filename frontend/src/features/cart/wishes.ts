// What the shopper asks for, merged with what has not been sent yet, so that only the end result travels: + + + is one
// `set`, a thing put in and taken out again is nothing at all. Pure, like cartState.ts. Called by cartSync.ts.
import { shown, touches, type CartCommand, type CartState, type PendingCommand, type Wish } from './cartState'

/** How long a change of quantity waits for the next click. */
export const COALESCE_MS = 200
export const MAX_QUANTITY = 999
const MAX_LINES_PER_COMMAND = 50

export function wished(state: CartState, command: CartCommand, key: string, now: number): CartState {
  switch (command.kind) {
    case 'add':
      return wishedAdd(state, command, key, now)
    case 'set':
      return wishedSet(state, command, key, now)
    case 'remove':
      return wishedRemove(state, command, key, now)
    case 'clear':
      return wishedClear(state, key, now)
  }
}

function wishedAdd(
  state: CartState,
  command: CartCommand & { kind: 'add' },
  key: string,
  now: number,
): CartState {
  const [only, ...others] = command.lines
  if (only === undefined) return state
  if (others.length > 0) return wishedAddMany(state, command.lines, key, now)
  const last = lastTouching(state.pending, only.sku)
  if (last !== undefined && neverSent(last)) {
    if (last.command.kind === 'add' && last.command.lines.length === 1) {
      const before = last.command.lines[0]?.quantity ?? 0
      const together = { ...only, quantity: before + only.quantity }
      return replaced(state, last, waiting({ kind: 'add', lines: [together] }, key, now))
    }
    if (last.command.kind === 'set') {
      const quantity = Math.min(last.command.quantity + only.quantity, MAX_QUANTITY)
      return replaced(state, last, waiting({ ...last.command, quantity }, key, now + COALESCE_MS))
    }
  }
  return queued(state, waiting(command, key, now))
}

function wishedAddMany(state: CartState, lines: Wish[], key: string, now: number): CartState {
  let next = state
  for (let from = 0; from < lines.length; from += MAX_LINES_PER_COMMAND) {
    const part = lines.slice(from, from + MAX_LINES_PER_COMMAND)
    next = queued(next, waiting({ kind: 'add', lines: part }, from === 0 ? key : `${key}-${from}`, now))
  }
  return next
}

function wishedSet(
  state: CartState,
  command: CartCommand & { kind: 'set' },
  key: string,
  now: number,
): CartState {
  const last = lastTouching(state.pending, command.sku)
  const next = waiting(command, key, now + COALESCE_MS)
  if (last === undefined || last.command.kind !== 'set' || !replaceable(last)) return queued(state, next)
  if (neverSent(last) && quantityWithout(state, last, command.sku) === command.quantity)
    return without(state, last)
  return replaced(state, last, next)
}

function wishedRemove(
  state: CartState,
  command: CartCommand & { kind: 'remove' },
  key: string,
  now: number,
): CartState {
  const last = lastTouching(state.pending, command.sku)
  const next = waiting(command, key, now)
  if (last === undefined || !replaceable(last)) return queued(state, next)
  if (last.command.kind === 'set') return replaced(state, last, next)
  if (last.command.kind === 'add' && last.command.lines.length === 1 && neverSent(last)) {
    return quantityWithout(state, last, command.sku) === undefined
      ? without(state, last)
      : replaced(state, last, next)
  }
  return queued(state, next)
}

function wishedClear(state: CartState, key: string, now: number): CartState {
  const kept = { ...state, pending: state.pending.filter((pending) => !neverSent(pending)) }
  return shown(kept).lines.length === 0 ? kept : queued(kept, waiting({ kind: 'clear' }, key, now))
}

/** Puts back what was removed: takes an unsent removal out of the queue, or else adds the lines again. */
export function undone(state: CartState, lines: Wish[], key: string, now: number): CartState {
  const removal = state.pending.findLast(
    ({ command }) => lines.length === 1 && command.kind === 'remove' && command.sku === lines[0]?.sku,
  )
  if (removal !== undefined && neverSent(removal)) {
    const restored = without(state, removal)
    if (
      shown(restored).lines.some((line) => line.sku === lines[0]?.sku && line.quantity === lines[0].quantity)
    ) {
      return restored
    }
  }
  return wished(state, { kind: 'add', lines }, key, now)
}

function lastTouching(pending: PendingCommand[], sku: string): PendingCommand | undefined {
  return pending.findLast(({ command }) => touches(command, sku))
}

function neverSent({ delivery }: PendingCommand): boolean {
  return delivery.at === 'waiting' && !delivery.tried
}

/** Not on its way, and without effect on the server that its replacement would not overwrite. */
function replaceable({ command, delivery }: PendingCommand): boolean {
  return delivery.at === 'waiting' || (delivery.at === 'unsure' && command.kind === 'set')
}

function waiting(command: CartCommand, key: string, readyAt: number): PendingCommand {
  return { key, command, delivery: { at: 'waiting', readyAt, tried: false } }
}

function queued(state: CartState, next: PendingCommand): CartState {
  return { ...state, pending: [...state.pending, next] }
}

function without(state: CartState, gone: PendingCommand): CartState {
  return { ...state, pending: state.pending.filter((pending) => pending !== gone) }
}

function replaced(state: CartState, old: PendingCommand, next: PendingCommand): CartState {
  return { ...state, pending: state.pending.map((pending) => (pending === old ? next : pending)) }
}

function quantityWithout(state: CartState, gone: PendingCommand, sku: string): number | undefined {
  return shown(without(state, gone)).lines.find((line) => line.sku === sku)?.quantity
}
