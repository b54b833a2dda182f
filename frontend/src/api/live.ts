// The live streams: of the shopper (cart, offers, orders) and of one order. Called by the features that follow them. Those of one
// address share one connection, also with the browser's other tabs, since browsers allow few to one origin.
import { keepLatest, type Latest } from './liveLatest'
import { joinShared, sharingOf } from './liveShared'
import { openSource, type Ears, type Line } from './liveSource'

const CLOSE_AFTER_HIDDEN_MS = 30_000
/** Tabs of another version may say other things: it is part of the name under which tabs find one another. */
const VERSION = 1

export interface Follower {
  /** By the name of the event; what arrives is what the API describes for it. */
  on: Record<string, (data: unknown) => void>
  /** Whether changes arrive by themselves at the moment. */
  whenConnected?: (connected: boolean) => void
  /** It begins with what was heard of each document last: what changed between asking for one and following it is not missed. */
  hearsLatest?: boolean
}

interface Stream {
  join: (follower: Follower) => void
  /** Answers how many are left. */
  leave: (follower: Follower) => number
  /** Begins anew, with the cookies of now. */
  renew: () => void
  /** Opens it where it waits. */
  resume: () => void
  stop: () => void
}

const streams = new Map<string, Stream>()

/** Whose the streams are. Tabs of different owners share nothing: one that has not heard of a sign-in yet hears nothing of it. */
let owner: string | null = null

/**
 * Follows a stream while the page can be seen. A hidden tab lets go after a while; on coming back the stream begins with
 * the current state. Answers how to stop.
 */
export function follow(address: string, follower: Follower): () => void {
  const stream = streams.get(address) ?? openStream(address)
  streams.set(address, stream)
  stream.join(follower)
  return () => {
    if (stream.leave(follower) > 0) return
    stream.stop()
    if (streams.get(address) === stream) streams.delete(address)
  }
}

/** There is a session now: what was refused without one is asked for at once. Called by session.ts. */
export function resumeStreams(now: string): void {
  const wasNobodys = owner === null
  owner = now
  for (const stream of streams.values()) {
    // What was opened for nobody is shared with no other tab.
    if (wasNobodys && sharingOf(window) !== null) stream.renew()
    else stream.resume()
  }
}

/** Somebody else is there now, and sees other things. Called by session.ts. */
export function renewStreams(now: string | null): void {
  owner = now
  for (const stream of streams.values()) stream.renew()
}

let whenRefused = () => {}

/** What else is done when a stream is refused: the session may have ended, and whoever follows is to know. Called by session.ts. */
export function onRefusedStream(act: () => void): void {
  whenRefused = act
}

function openLine(address: string, ears: Ears): Line {
  const sharing = sharingOf(window)
  if (owner === null || sharing === null) return openSource(address, ears)
  const open = (all: Ears) => openSource(address, all)
  return joinShared(`cartwright.live.${VERSION} ${owner} ${address}`, open, ears, sharing)
}

function openStream(address: string): Stream {
  const followers = new Set<Follower>()
  const latest: Latest = new Map()
  let line: Line | null = null
  let connected = false
  let timer: ReturnType<typeof setTimeout> | undefined

  const say = (now: boolean) => {
    if (connected === now) return
    connected = now
    for (const { whenConnected } of followers) whenConnected?.(now)
  }
  const open = () => {
    clearTimeout(timer)
    if (document.visibilityState === 'hidden') return
    if (line !== null) return line.resume()
    line = openLine(address, {
      hear(name, data) {
        keepLatest(latest, [name, data])
        for (const follower of followers) follower.on[name]?.(data)
      },
      connected: say,
      refused: () => whenRefused(),
    })
  }
  const close = () => {
    clearTimeout(timer)
    line?.stop()
    line = null
    latest.clear()
    say(false)
  }
  const reopen = () => {
    close()
    open()
  }
  const seenOrHidden = () => {
    clearTimeout(timer)
    if (document.visibilityState === 'hidden') timer = setTimeout(close, CLOSE_AFTER_HIDDEN_MS)
    else open()
  }
  const online = () => (line === null ? open() : line.renew())

  open()
  document.addEventListener('visibilitychange', seenOrHidden)
  window.addEventListener('online', online)
  // A page that is kept for Back must not hold the lock of the others meanwhile.
  window.addEventListener('pagehide', close)
  window.addEventListener('pageshow', open)
  return {
    join(follower) {
      followers.add(follower)
      follower.whenConnected?.(connected)
      if (follower.hearsLatest !== true) return
      for (const [name, data] of latest.values()) follower.on[name]?.(data)
    },
    leave(follower) {
      followers.delete(follower)
      return followers.size
    },
    renew: reopen,
    resume: open,
    stop() {
      document.removeEventListener('visibilitychange', seenOrHidden)
      window.removeEventListener('online', online)
      window.removeEventListener('pagehide', close)
      window.removeEventListener('pageshow', open)
      close()
    },
  }
}
