// What a checkout keeps over a reload of this tab: what was typed, what was agreed to, and what was sent and not answered.
// Never a card's number. Called by Checkout.tsx and PayOrder.tsx; what a customer kept goes when they sign out (app/personal.ts).
import type { CheckoutRequest } from '../../api/types'
import { noContact, type ContactFields } from './contact'
import { nothingAgreed, type Agreed } from './differences'

const PLACE = 'cartwright.checkout'
const attemptPlace = (order: string) => `cartwright.paying.${order}`

/** Pay was pressed, and the order is not known to be placed. */
export interface Placing {
  key: string
  request: CheckoutRequest
  /** The token of what is paid with; none where nothing has to be paid. */
  method: string | null
}

export interface Kept {
  /** Whose session ended in the middle of it: nobody else goes on with it. */
  of: string | null
  cart: string | null
  contact: ContactFields
  shippingOption: string | null
  /** Of an order that is being changed, until the cart has it. */
  code: string | null
  agreed: Agreed
  placing: Placing | null
  /** The order that the cart became, by its link. */
  order: { id: string; link: string } | null
}

export const nothingKept: Kept = {
  of: null,
  cart: null,
  contact: noContact,
  shippingOption: null,
  code: null,
  agreed: nothingAgreed,
  placing: null,
  order: null,
}

export function kept(): Kept {
  return { ...nothingKept, ...(read(PLACE) as Partial<Kept> | null) }
}

export function keep(now: Kept): void {
  write(PLACE, now)
}

/**
 * Of another cart, only what was typed is worth keeping, unless its order is still to be heard of. A cart that can be
 * filled again although it became an order was given back by it.
 */
export function forCart(held: Kept, cart: string): Kept {
  if (isUnderWay(held) || (held.cart === cart && held.order === null)) return held
  if (held.cart === null) return { ...held, cart }
  return { ...nothingKept, contact: held.contact, cart }
}

/** What is kept is an account's whose session ended, and this is the session of somebody else, or of nobody yet. */
export function isOfAnother({ of }: Kept, owner: string | null): boolean {
  return of !== null && owner !== null && of !== owner
}

/** Pay was pressed, and how that ended is not known on this page. */
export function isUnderWay({ placing, order }: Kept): boolean {
  return placing !== null || (order !== null && keptAttempt(order.id) !== null)
}

/** An attempt to pay that was sent, or is about to be, and is not answered. */
export interface Attempt {
  key: string
  method: string
}

export function keptAttempt(order: string): Attempt | null {
  return read(attemptPlace(order)) as Attempt | null
}

export function keepAttempt(order: string, attempt: Attempt | null): void {
  write(attemptPlace(order), attempt)
}

function read(place: string): unknown {
  try {
    const stored = sessionStorage.getItem(place)
    return stored === null ? null : JSON.parse(stored)
  } catch {
    return null
  }
}

function write(place: string, value: unknown): void {
  try {
    if (value === null) sessionStorage.removeItem(place)
    else sessionStorage.setItem(place, JSON.stringify(value))
  } catch {
    // A browser that stores nothing can still buy; only a reload would begin anew, and the server knows the order.
  }
}
