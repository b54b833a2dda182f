// Keeps the cart and the server in step: sends the commands one after another, tries again what may be tried again,
// takes in what the server says. The decisions are pure and live in cartState.ts; this file owns time and the network.
// Called by CartProvider.tsx alone.
import { follow } from '../../api/live'
import { ProblemError, type Problem } from '../../api/problem'
import {
  beginSession,
  currentSession,
  onSessionChange,
  renewSession,
  type SessionChange,
} from '../../api/session'
import type { CartDocument, Offer } from '../../api/types'
import { cartAt, currentCart, openCart, send, type Outcome } from './api'
import * as cart from './cartState'
import { keep, kept } from './cartStorage'
import { undone, wished } from './wishes'

/** How long sending leaves the processor to drawing. */
const SHOW_FIRST_MS = 20
const FIRST_RETRY_MS = 500
const LONGEST_RETRY_MS = 15_000
const ATTEMPTS_WITH_AN_ERROR = 4
const FETCH_BACK_AFTER_MS = 2_000
/** How long the views may take to show that an order gave its cart back. */
const GIVEN_BACK_WITHIN_MS = 10_000
/** How long the live stream may take to show an answered command before the document is asked for. */
const CATCH_UP_AFTER_MS = 700

export interface Refusal {
  command: cart.CartCommand
  detail: string
}

/** What the shopper is to be told of. */
export interface CartNews {
  refused: (refusal: Refusal) => void
  /** Of a guest's cart, what did not fit into the account's. */
  leftOut: (items: { name: string; quantity: number }[]) => void
  /** The session of the account ended, and nobody here asked for that. */
  signedOutElsewhere: () => void
}

export interface CartSync {
  state: () => cart.CartState
  subscribe: (listener: () => void) => () => void
  wish: (command: cart.CartCommand) => void
  undo: (lines: cart.Wish[]) => void
  /** The cart became an order, and the shopper saw it. */
  checkedOut: (cartId: string, order: string | null) => void
  /** Waits until the cart is there that this order was; false where it does not come back to this shopper. */
  takeBack: (cartId: string, order: string) => Promise<boolean>
  start: (news: CartNews) => () => void
}

export function createCartSync(): CartSync {
  const before = kept()
  let state: cart.CartState = {
    ...cart.emptyState,
    cartId: before?.cartId ?? null,
    pending: before?.pending ?? [],
    online: navigator.onLine,
  }
  let owner = before?.owner ?? null
  let openKey = before?.openKey ?? crypto.randomUUID()
  let busy = false
  let failures = 0
  let running = false
  let loading = false
  let fetchingBack = false
  /** How often the cart became somebody else's: an answer to a question of before is no answer any more. */
  let handovers = 0
  /** The account's cart that a guest's went into, until it was seen. */
  let mergedInto: string | null = null
  let news: CartNews = { refused: () => {}, leftOut: () => {}, signedOutElsewhere: () => {} }
  let sendTimer: ReturnType<typeof setTimeout> | undefined
  let loadTimer: ReturnType<typeof setTimeout> | undefined
  let catchUpTimer: ReturnType<typeof setTimeout> | undefined
  const listeners = new Set<() => void>()

  function become(next: cart.CartState): void {
    if (next === state) return
    const changed = next.pending !== state.pending || next.cartId !== state.cartId
    state = next
    if (changed) keep(owner, openKey, state)
    for (const listener of listeners) listener()
    if (cart.isExpired(state)) void fetchBack()
  }

  /** The shopper sees the change first; then it is sent. */
  function stepSoon(): void {
    clearTimeout(sendTimer)
    sendTimer = setTimeout(() => void step(), SHOW_FIRST_MS)
  }

  async function step(): Promise<void> {
    clearTimeout(sendTimer)
    if (!running || busy) return
    if (cart.isExpired(state)) return fetchBack()
    const next = cart.nextToSend(state)
    if (next === undefined || next.delivery.at === 'answered' || next.delivery.at === 'sending') return
    const wait = next.delivery.readyAt - Date.now()
    if (wait > 0) {
      sendTimer = setTimeout(() => void step(), wait)
      return
    }
    busy = true
    become(cart.sent(state, next.key))
    const era = handovers
    const outcome = await deliver(next)
    if (era === handovers) take(next, outcome)
    else takeLate(next, outcome)
    busy = false
    void step()
  }

  async function deliver({ key, command }: cart.PendingCommand): Promise<Outcome> {
    try {
      await ensureSession()
    } catch {
      return { kind: 'later', afterMs: null, stored: 'no', reached: false, problem: null }
    }
    if (state.cartId === null) {
      const opened = await openCart(openKey)
      if (opened.kind !== 'answered') return opened.kind === 'later' ? { ...opened, stored: 'no' } : opened
      become({ ...state, cartId: opened.answer.id })
    }
    return send(state.cartId ?? '', key, command)
  }

  /** A cart that had expired is there again as it was, as soon as its owner looks at it. */
  async function fetchBack(): Promise<void> {
    if (!running || fetchingBack || busy) return
    fetchingBack = true
    openKey = crypto.randomUUID()
    const opened = await ensureSession().then(
      () => openCart(openKey),
      () => null,
    )
    fetchingBack = false
    if (opened?.kind === 'answered') {
      become(cart.fetchedBack(state, opened.answer))
      if (state.document === null) void load()
      return step()
    }
    const asked = opened?.kind === 'later' ? opened.afterMs : null
    loadTimer = setTimeout(() => void fetchBack(), asked ?? FETCH_BACK_AFTER_MS)
  }

  function take(sentOne: cart.PendingCommand, outcome: Outcome): void {
    switch (outcome.kind) {
      case 'answered':
        failures = 0
        become(cart.answered(state, sentOne.key, outcome.answer))
        catchUpSoon()
        return
      case 'refused':
        if (outcome.problem.status === 401) {
          renewQuietly()
          return retry(sentOne, null, 'no', outcome.problem.detail)
        }
        return isClosed(outcome.problem.slug) && failures === 0
          ? sendElsewhere(sentOne, outcome.problem)
          : takeBack(sentOne, outcome.problem.detail)
      case 'later':
        if (!outcome.reached) {
          return retry(sentOne, null, outcome.stored, null)
        }
        return retry(sentOne, outcome.afterMs, outcome.stored, outcome.problem?.detail ?? null)
    }
  }

  /** Whose cart it was is gone. What was put into it went along, unless it came too late for that. */
  function takeLate({ command }: cart.PendingCommand, outcome: Outcome): void {
    const cameTooLate =
      outcome.kind === 'refused'
        ? isClosed(outcome.problem.slug)
        : outcome.kind === 'later' && outcome.stored === 'no'
    const isAccounts = (currentSession()?.account ?? null) !== null
    if (!cameTooLate || !isAccounts || command.kind !== 'add') return
    become(wished(state, command, crypto.randomUUID(), Date.now()))
  }

  /** The cart takes no commands any more: no click is lost for that. */
  function sendElsewhere(one: cart.PendingCommand, { slug, detail }: Problem): void {
    failures = 1
    const cartId = state.cartId
    if (slug === 'cart-expired') become(cart.expired(state))
    else if (slug === 'cart-checked-out' && cartId !== null) becameOrder(cartId, null)
    else {
      openAnother()
      // Perhaps somebody signed in or out in another tab.
      renewQuietly()
    }
    if (slug === 'cart-expired' || one.command.kind === 'add') {
      return become(cart.renewed(state, one.key, crypto.randomUUID()))
    }
    takeBack(one, slug === 'cart-checked-out' ? 'This cart became an order in the meantime.' : detail)
  }

  /** A server that names a time, or that cannot be reached, is waited for. One that keeps failing is not. */
  function retry(
    one: cart.PendingCommand,
    afterMs: number | null,
    stored: 'no' | 'unknown',
    detail: string | null,
  ): void {
    failures += 1
    if (afterMs === null && detail !== null && failures >= ATTEMPTS_WITH_AN_ERROR) {
      return takeBack(one, detail)
    }
    const pause = afterMs ?? Math.min(FIRST_RETRY_MS * 2 ** (failures - 1), LONGEST_RETRY_MS)
    become(cart.postponed(state, one.key, Date.now() + pause, stored))
  }

  function takeBack({ key, command }: cart.PendingCommand, detail: string): void {
    failures = 0
    become(cart.refused(state, key))
    news.refused({ command, detail })
    void load()
  }

  async function ensureSession(): Promise<void> {
    const { owner: said } = await beginSession()
    if (owner === said) return
    // A browser that lost its cookies is a new shopper, with another cart; what was asked for goes there.
    if (owner !== null) openAnother()
    owner = said
    keep(owner, openKey, state)
  }

  /** Somebody signed in: the cart of the account. Somebody signed out: an empty one. */
  function sessionChanged({ before, now, merged }: SessionChange): void {
    if (before === null || before.owner === now?.owner) return
    const named = cart.shown(state).lines
    handovers += 1
    failures = 0
    openKey = crypto.randomUUID()
    owner = now?.owner ?? null
    mergedInto = merged?.cart ?? null
    become(cart.handedOver(state, before.account === null))
    keep(owner, openKey, state)
    void load()
    stepSoon()
    if (merged !== null && merged.left_out.length > 0) {
      const name = (sku: string) => named.find((line) => line.sku === sku)?.name ?? sku
      news.leftOut(merged.left_out.map(({ sku, quantity }) => ({ name: name(sku), quantity })))
    }
    if (before.account !== null && now !== null && now.account === null) news.signedOutElsewhere()
  }

  function openAnother(): void {
    openKey = crypto.randomUUID()
    become(cart.forgot(state))
  }

  function becameOrder(id: string, order: string | null): void {
    openKey = crypto.randomUUID()
    become(cart.checkedOut(state, { id, version: state.document?.version ?? 0 }, order))
  }

  async function load(): Promise<void> {
    clearTimeout(loadTimer)
    if (!running || loading) return
    loading = true
    const era = handovers
    try {
      await ensureSession()
      const document = await (mergedInto === null ? currentCart() : cartAt(mergedInto, 1))
      if (document !== null) takeIn(document)
      else if (era === handovers) become(cart.arrivedNone(state))
    } catch (error) {
      if (era === handovers) {
        if (error instanceof ProblemError && error.problem.status === 401) renewQuietly()
        become(cart.unreachable(state))
        loadTimer = setTimeout(() => void load(), pauseAfter(error))
      }
    } finally {
      loading = false
      if (era === handovers) mergedInto = null
      else void load()
    }
  }

  function takeIn(document: CartDocument): void {
    if (document.owner === owner) become(cart.arrived(state, document))
  }

  async function givenBack(id: string, order: string): Promise<boolean> {
    const until = Date.now() + GIVEN_BACK_WITHIN_MS
    let version = 1
    while (running && Date.now() < until) {
      try {
        const document = await cartAt(id, version)
        if (document.owner !== owner) return false
        if (document.state === 'open') {
          become(cart.takenBack(state, document))
          return state.cartId === id
        }
        if (document.state !== 'checked-out' || document.order !== order) return false
        version = document.version + 1
      } catch (error) {
        if (error instanceof ProblemError && error.problem.status < 429) return false
        await new Promise((resolve) => setTimeout(resolve, pauseAfter(error)))
      }
    }
    return false
  }

  function catchUpSoon(afterMs = CATCH_UP_AFTER_MS): void {
    clearTimeout(catchUpTimer)
    if (cart.awaitedVersion(state) === null) return
    catchUpTimer = setTimeout(() => void catchUp(), afterMs)
  }

  async function catchUp(): Promise<void> {
    const version = cart.awaitedVersion(state)
    if (!running || version === null || state.cartId === null) return
    try {
      takeIn(await cartAt(state.cartId, version))
      catchUpSoon()
    } catch (error) {
      catchUpSoon(pauseAfter(error))
    }
  }

  function flush(): void {
    // The page goes away: what still waits for another click is sent now. Its key makes a second sending harmless.
    if (busy || !state.online || state.cartId === null) return
    for (const { key, command, delivery } of state.pending) {
      if (delivery.at !== 'waiting' || delivery.tried) continue
      void send(state.cartId, key, command)
      become(cart.postponed(state, key, Date.now() + CATCH_UP_AFTER_MS, 'unknown'))
    }
  }

  function reconnected(): void {
    failures = 0
    become(cart.withoutPauses(cart.connectivity(state, true)))
    void load()
    void step()
  }

  return {
    state: () => state,
    checkedOut(cartId, order) {
      if (state.cartId === cartId) becameOrder(cartId, order)
    },
    takeBack: givenBack,
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    wish(command) {
      become(wished(state, command, crypto.randomUUID(), Date.now()))
      stepSoon()
    },
    undo(lines) {
      become(undone(state, lines, crypto.randomUUID(), Date.now()))
      stepSoon()
    },
    start(told) {
      news = told
      running = true
      const unlisten = onSessionChange(sessionChanged)
      let stopped = false
      let unfollow = () => {}
      const wentOffline = () => become(cart.connectivity(state, false))
      const comeBack = () => {
        void load()
        void step()
      }
      window.addEventListener('online', reconnected)
      window.addEventListener('offline', wentOffline)
      window.addEventListener('pagehide', flush)
      window.addEventListener('pageshow', comeBack)
      comeBack()
      // Without a session the stream is refused; it opens again by itself once there is one.
      const followNow = () => {
        if (stopped) return
        unfollow = follow('/api/queries/live', {
          on: {
            cart: (document) => takeIn(document as CartDocument),
            offers: (said) => become(cart.offersArrived(state, (said as { products: Offer[] }).products)),
          },
        })
      }
      void ensureSession().then(followNow, followNow)
      return () => {
        stopped = true
        running = false
        clearTimeout(sendTimer)
        clearTimeout(loadTimer)
        clearTimeout(catchUpTimer)
        window.removeEventListener('online', reconnected)
        window.removeEventListener('offline', wentOffline)
        window.removeEventListener('pagehide', flush)
        window.removeEventListener('pageshow', comeBack)
        unfollow()
        unlisten()
      }
    },
  }
}

/** The cart takes no commands, but another one, or the same opened again, does. */
function isClosed(slug: string): boolean {
  return ['cart-not-found', 'cart-checked-out', 'cart-expired', 'cart-merged'].includes(slug)
}

function renewQuietly(): void {
  renewSession().catch(() => {
    // Whatever needs a session next asks again.
  })
}

function pauseAfter(error: unknown): number {
  const asked = error instanceof ProblemError ? error.problem.retryAfterMs : null
  return Math.max(asked ?? 0, CATCH_UP_AFTER_MS)
}
