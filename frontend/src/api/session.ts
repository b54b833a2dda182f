// Whose session this is: a guest's, or an account's. One for the whole page, told to whoever listens: the cart becomes
// another one with it, the header names it, the pages of an account and of staff open by it.
import { useSyncExternalStore } from 'react'
import { commands } from './client'
import { onRefusedStream, renewStreams, resumeStreams } from './live'
import { ProblemError, problemOf } from './problem'
import type { Merged, SessionAccount } from './types'

/** Where a tab tells the others that somebody signed in or out. */
const PLACE = 'cartwright.session-changed'

export interface Session {
  /** Of the carts and orders. */
  owner: string
  /** Null for a guest. */
  account: SessionAccount | null
}

/** The roles that open pages under /staff. */
const staffRoles = ['staff', 'analyst', 'ops'] as const
export type StaffRole = (typeof staffRoles)[number]

export function hasStaffRole(roles: readonly string[]): boolean {
  return staffRoles.some((role) => roles.includes(role))
}

export interface SessionChange {
  before: Session | null
  /** Null where somebody signed out, and nobody came yet. */
  now: Session | null
  /** What became of the guest's cart. */
  merged: Merged | null
  /** Nobody asked for it: the session of the account ended while its page was open. */
  hasEnded: boolean
}

type Listener = (change: SessionChange) => void

let held: Session | null = null
let asked: Promise<Session> | null = null
/** Another tab signed in or out, and it is asked whose session it is now. */
let isAskedFor = false
const listeners = new Set<Listener>()

/** Makes sure that the browser has a session: asks once, and everybody waits for the same answer. */
export function beginSession(): Promise<Session> {
  if (asked !== null) return asked
  const asking: Promise<Session> = ask().then(
    (session) => {
      // Somebody signed in meanwhile: theirs is newer.
      if (asked !== asking) return asked ?? session
      become(session, null)
      return session
    },
    (error: unknown) => {
      if (asked === asking) asked = null
      throw error
    },
  )
  asked = asking
  return asking
}

/** The server does not know this session any more: another one is begun. */
export function renewSession(): Promise<Session> {
  asked = null
  return beginSession()
}

export function signedIn(session: Session, merged: Merged | null): void {
  asked = Promise.resolve(session)
  become(session, merged)
  tellOtherTabs()
}

/** Nobody is signed in here any more: what was theirs goes at once, whether or not the shop can be reached. */
export function signedOut(): void {
  become(null, null)
  tellOtherTabs()
  renewSession().catch(() => {
    // Whoever needs a session next asks again.
  })
}

export function onSessionChange(listener: Listener): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** Null until the server said it. */
export function useSession(): Session | null {
  return useSyncExternalStore(onSessionChange, currentSession)
}

export function currentSession(): Session | null {
  return held
}

/** Another tab signed in or out: this one has its cookies already. Answers how to stop listening. */
export function followOtherTabs(): () => void {
  const heard = ({ key }: StorageEvent) => {
    if (key !== PLACE) return
    isAskedFor = true
    renewSession()
      .catch(() => {})
      .finally(() => {
        isAskedFor = false
      })
  }
  window.addEventListener('storage', heard)
  return () => window.removeEventListener('storage', heard)
}

/** What ends a session begins another one at times, a moment later: then that one is asked for. */
const ASKED_AFTER_MS = 1_000

// It may have ended without a word to this page: signed out elsewhere, a role taken away. A guest has nothing to lose, and would get
// another session each time where the browser keeps no cookies.
onRefusedStream(() => {
  setTimeout(() => {
    if (held !== null && held.account !== null) renewSession().catch(() => {})
  }, ASKED_AFTER_MS)
})

/** For tests, of which each begins as a new page does. */
export function forgetSession(): void {
  held = null
  asked = null
}

function become(now: Session | null, merged: Merged | null): void {
  const before = held
  held = now
  if (isSame(before, now)) return
  // They were opened with the cookies of whoever was there before.
  if (before === null && now !== null) resumeStreams(now.owner)
  else if (before?.owner !== now?.owner) renewStreams(now?.owner ?? null)
  const hasEnded = !isAskedFor && (before?.account ?? null) !== null && now?.account === null
  for (const listener of [...listeners]) listener({ before, now, merged, hasEnded })
}

function isSame(one: Session | null, other: Session | null): boolean {
  const rights = ({ account }: Session) => [account?.roles, account?.withheld_roles].join(' ')
  return one?.owner === other?.owner && (one && rights(one)) === (other && rights(other))
}

async function ask(): Promise<Session> {
  const { data, error, response } = await commands.POST('/api/commands/session')
  if (data === undefined) throw new ProblemError(problemOf(response, error))
  return { owner: data.owner, account: data.account ?? null }
}

function tellOtherTabs(): void {
  try {
    localStorage.setItem(PLACE, crypto.randomUUID())
  } catch {
    // Then they learn it from the first answer that they do not understand.
  }
}
