// The cart as the shopper sees it: what the server last said, and on top of it the commands that it has not yet
// confirmed. Pure: every function takes a state and returns the next one. Called by cartSync.ts; what the shopper asks
// for comes in through wishes.ts.
import type { CartDocument, Money, Offer } from '../../api/types'

/** A line as an add shows it before the server knows it. */
export interface Wish {
  sku: string
  name: string
  quantity: number
  unit_price: Money
}

export type CartCommand =
  | { kind: 'add'; lines: Wish[] }
  | { kind: 'set'; sku: string; quantity: number }
  | { kind: 'remove'; sku: string }
  | { kind: 'clear' }

/**
 * Where a command is on its way. `unsure` was sent and got no answer: the server may have stored it or not, only its
 * idempotency key can tell. `answered` is stored, and waits for a document that shows it.
 */
export type Delivery =
  | { at: 'waiting'; readyAt: number; tried: boolean }
  | { at: 'sending' }
  | { at: 'unsure'; readyAt: number }
  | { at: 'answered'; version: number }

export interface PendingCommand {
  key: string
  command: CartCommand
  delivery: Delivery
}

export interface CartState {
  /** False until the server said which cart there is, or that there is none. */
  loaded: boolean
  cartId: string | null
  document: CartDocument | null
  /** A newer document that may already hold an unanswered add; shown when the answer is there, or it would count twice. */
  heldBack: CartDocument | null
  pending: PendingCommand[]
  offers: Record<string, Offer>
  online: boolean
  /** The query side did not answer when it was last asked for the cart. */
  unreachable: boolean
  /** The cart that became an order, and its version by then: nothing that is older shows it again. */
  left: { id: string; version: number; order: string | null } | null
  /** It had expired, and was fetched back as it was. */
  restored: boolean
}

export const emptyState: CartState = {
  loaded: false,
  cartId: null,
  document: null,
  heldBack: null,
  pending: [],
  offers: {},
  online: true,
  unreachable: false,
  left: null,
  restored: false,
}

export type Settling = 'settled' | 'updating' | 'waiting'

export interface ShownLine extends Wish {
  settling: Settling
}

export interface ShownCart {
  /** Null until the server has opened one. */
  id: string | null
  /** Of the document that is shown. */
  version: number
  loaded: boolean
  unreachable: boolean
  lines: ShownLine[]
  itemCount: number
  subtotal: Money
  /** A discount code, of which the checkout knows what it takes off. */
  hasCode: boolean
  settling: Settling
  /** The last cart became an order, of which the id may not be known; this cart is new. */
  becameOrder: { order: string | null } | null
  restored: boolean
}

/** What the shopper sees: the document with every unconfirmed command applied on top, in order. */
export function shown(state: CartState): ShownCart {
  let lines: ShownLine[] = documentLines(state.document).map((line) => ({ ...line, settling: 'settled' }))
  let settling: Settling = 'settled'
  for (const pending of state.pending) {
    const now = settlingOf(pending.delivery, state.online)
    settling = worse(settling, now)
    lines = apply(lines, pending.command).map((line) =>
      touches(pending.command, line.sku) ? { ...line, settling: worse(line.settling, now) } : line,
    )
  }
  const currency = state.document?.currency ?? lines[0]?.unit_price.currency ?? 'EUR'
  return {
    id: state.cartId,
    version: state.document?.version ?? 0,
    loaded: state.loaded,
    unreachable: state.unreachable,
    lines,
    itemCount: lines.reduce((sum, line) => sum + line.quantity, 0),
    subtotal: {
      minor: lines.reduce((sum, line) => sum + line.quantity * line.unit_price.minor, 0),
      currency,
    },
    hasCode: (state.document?.code ?? null) !== null,
    settling,
    becameOrder: state.left,
    restored: state.restored,
  }
}

/** The command that goes out next. They go one after another, so there is none while one is on its way. */
export function nextToSend(state: CartState): PendingCommand | undefined {
  if (!state.online) return undefined
  const head = state.pending.find(({ delivery }) => delivery.at !== 'answered')
  return head === undefined || head.delivery.at === 'sending' ? undefined : head
}

export function sent(state: CartState, key: string): CartState {
  return delivered(state, key, { at: 'sending' })
}

export function answered(state: CartState, key: string, answer: { id: string; version: number }): CartState {
  const next = delivered({ ...state, cartId: answer.id }, key, { at: 'answered', version: answer.version })
  return settled(next)
}

/** The server refused: the command is taken back, and with it every later one that now has nothing to change. */
export function refused(state: CartState, key: string): CartState {
  const kept = state.pending.filter((pending) => pending.key !== key)
  let lines: Wish[] = documentLines(state.document)
  const pending = kept.filter(({ command, delivery }) => {
    const pointless =
      delivery.at === 'waiting' &&
      (command.kind === 'set' || command.kind === 'remove') &&
      !lines.some((line) => line.sku === command.sku)
    if (!pointless) lines = apply(lines, command)
    return !pointless
  })
  return settled({ ...state, pending })
}

/** Not now: the server asked to come back later (`stored: 'no'`), or nobody knows whether it heard (`'unknown'`). */
export function postponed(
  state: CartState,
  key: string,
  readyAt: number,
  stored: 'no' | 'unknown',
): CartState {
  return settled(
    delivered(
      state,
      key,
      stored === 'no' ? { at: 'waiting', readyAt, tried: true } : { at: 'unsure', readyAt },
    ),
  )
}

/** The server says what the cart is. Anything older than what is held is dropped. */
export function arrived(state: CartState, document: CartDocument): CartState {
  if (state.left?.id === document.id && document.version <= state.left.version) return state
  const givenBack = wasGivenBack(state, document)
  if (!givenBack && (isStale(state.document, document) || isStale(state.heldBack, document))) return state
  if (document.state === 'checked-out') return checkedOut(state, document, document.order ?? null)
  return settled({
    ...state,
    unreachable: false,
    heldBack: document,
    cartId: givenBack ? document.id : newerId(state.cartId, document.id),
  })
}

/** A cart became an order: what is put in from now on goes into another one. */
export function checkedOut(
  state: CartState,
  { id, version }: { id: string; version: number },
  order: string | null,
): CartState {
  if (state.cartId !== null && state.cartId !== id) return state
  const left = { id, version, order }
  return { ...forgot(state), loaded: true, unreachable: false, left, restored: false }
}

/** Nobody came back for the cart in time; it has to be fetched back before anything is done with it. */
export function expired(state: CartState): CartState {
  const { document } = state
  return document === null ? state : { ...state, document: { ...document, state: 'expired' } }
}

export function isExpired({ document }: CartState): boolean {
  return document?.state === 'expired'
}

/** The server opened the expired cart again. It is as it was, unless another one was begun meanwhile. */
export function fetchedBack(state: CartState, answer: { id: string; version: number }): CartState {
  const { document } = state
  if (document?.id !== answer.id) return { ...forgot(state), cartId: answer.id }
  const version = Math.max(document.version, answer.version)
  return { ...state, restored: true, document: { ...document, state: 'open', version } }
}

/** The cart that was held is not to be filled any more: the next command opens another one. */
export function forgot(state: CartState): CartState {
  const pending = state.pending.filter(({ delivery }) => delivery.at !== 'answered')
  return { ...state, cartId: null, document: null, heldBack: null, pending }
}

/** Somebody else is there now: nothing of the cart is theirs, but what may be kept of that which never went out. */
export function handedOver({ online, offers, pending }: CartState, keepsAdds: boolean): CartState {
  const kept = pending.filter(({ command, delivery }) => command.kind === 'add' && delivery.at === 'waiting')
  return { ...emptyState, online, offers, pending: keepsAdds ? kept : [] }
}

/** The same command under another key, to be decided again from the start. */
export function renewed(state: CartState, key: string, newKey: string): CartState {
  const again = (one: PendingCommand): PendingCommand => ({
    ...one,
    key: newKey,
    delivery: { at: 'waiting', readyAt: 0, tried: false },
  })
  return { ...state, pending: state.pending.map((one) => (one.key === key ? again(one) : one)) }
}

export function unreachable(state: CartState): CartState {
  return state.unreachable ? state : { ...state, unreachable: true }
}

/** The server says that there is no cart yet. */
export function arrivedNone(state: CartState): CartState {
  return state.document === null && state.heldBack === null
    ? { ...state, loaded: true, unreachable: false }
    : state
}

export function offersArrived(state: CartState, offers: Offer[]): CartState {
  const next = { ...state.offers }
  for (const offer of offers) {
    const held = next[offer.sku]
    if (held === undefined || held.version <= offer.version) next[offer.sku] = offer
  }
  return { ...state, offers: next }
}

export function connectivity(state: CartState, online: boolean): CartState {
  return state.online === online ? state : { ...state, online }
}

/** Back online: what was postponed because nobody could be reached goes out at once. */
export function withoutPauses(state: CartState): CartState {
  const pending = state.pending.map((one) =>
    one.delivery.at === 'unsure' ? { ...one, delivery: { ...one.delivery, readyAt: 0 } } : one,
  )
  return { ...state, pending }
}

/** The version that the held document has yet to reach, or null when it shows every answer. */
export function awaitedVersion(state: CartState): number | null {
  const versions = state.pending.flatMap(({ delivery }) =>
    delivery.at === 'answered' ? [delivery.version] : [],
  )
  return versions.length === 0 ? null : Math.max(...versions)
}

/** Shows the newest document unless it may contain an add that would then count twice, and drops what it confirms. */
function settled(state: CartState): CartState {
  const mayCountTwice = state.pending.some(
    ({ command, delivery }) =>
      command.kind === 'add' && (delivery.at === 'sending' || delivery.at === 'unsure'),
  )
  if (mayCountTwice && state.heldBack !== null) return state
  const document = state.heldBack ?? state.document
  const version = document !== null && document.id === state.cartId ? document.version : 0
  return {
    ...state,
    document,
    heldBack: null,
    left: document?.id === state.left?.id ? null : state.left,
    loaded: state.loaded || document !== null,
    pending: state.pending.filter(({ delivery }) => delivery.at !== 'answered' || delivery.version > version),
  }
}

function isStale(held: CartDocument | null, document: CartDocument): boolean {
  if (held === null) return false
  // Cart ids are UUIDv7: a later cart of the same shopper has the greater id.
  return document.id === held.id ? document.version < held.version : document.id < held.id
}

/** An order that was not paid gives its cart back, where nothing was put into another one meanwhile. */
function wasGivenBack({ document: held, left }: CartState, document: CartDocument): boolean {
  return left?.id === document.id && document.state === 'open' && (held === null || held.lines.length === 0)
}

/** The cart that an order gave back, as the shop says when it is asked: shown, unless another one is being filled. */
export function takenBack(state: CartState, document: CartDocument): CartState {
  if (state.cartId === document.id) return arrived(state, document)
  if (shown(state).lines.length > 0) return state
  const left = { id: document.id, version: document.version - 1, order: null }
  return arrived({ ...forgot(state), left }, document)
}

function newerId(held: string | null, arrived: string): string {
  return held !== null && held > arrived ? held : arrived
}

function documentLines(document: CartDocument | null): Wish[] {
  return (document?.lines ?? []).map(({ sku, name, quantity, unit_price }) => ({
    sku,
    name,
    quantity,
    unit_price,
  }))
}

function apply<Line extends Wish>(lines: Line[], command: CartCommand): Line[] {
  switch (command.kind) {
    case 'add':
      return command.lines.reduce(addLine, lines)
    case 'set':
      return lines.map((line) => (line.sku === command.sku ? { ...line, quantity: command.quantity } : line))
    case 'remove':
      return lines.filter((line) => line.sku !== command.sku)
    case 'clear':
      return []
  }
}

function addLine<Line extends Wish>(lines: Line[], wish: Wish): Line[] {
  if (!lines.some((line) => line.sku === wish.sku))
    return [...lines, { settling: 'settled', ...wish } as unknown as Line]
  return lines.map((line) =>
    line.sku === wish.sku ? { ...line, quantity: line.quantity + wish.quantity } : line,
  )
}

export function touches(command: CartCommand, sku: string): boolean {
  switch (command.kind) {
    case 'add':
      return command.lines.some((line) => line.sku === sku)
    case 'set':
    case 'remove':
      return command.sku === sku
    case 'clear':
      return true
  }
}

function delivered(state: CartState, key: string, delivery: Delivery): CartState {
  return { ...state, pending: state.pending.map((one) => (one.key === key ? { ...one, delivery } : one)) }
}

function settlingOf(delivery: Delivery, online: boolean): Settling {
  if (delivery.at === 'answered' || delivery.at === 'sending') return 'updating'
  return !online || delivery.at === 'unsure' || delivery.tried ? 'waiting' : 'updating'
}

function worse(one: Settling, other: Settling): Settling {
  if (one === 'waiting' || other === 'waiting') return 'waiting'
  return one === 'updating' || other === 'updating' ? 'updating' : 'settled'
}
