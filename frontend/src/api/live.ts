// The live streams: of the shopper (cart, offers, orders) and of one order. Called by the features that follow them;
// those of one address share one connection, since browsers allow few to one origin.

/** After an answer that was no stream, twice as long each time. */
const REOPEN_AFTER_MS = 2_000
const LONGEST_WAIT_MS = 60_000
const CLOSE_AFTER_HIDDEN_MS = 30_000

export interface Follower {
  /** By the name of the event; what arrives is what the API describes for it. */
  on: Record<string, (data: unknown) => void>
  /** Whether changes arrive by themselves at the moment. */
  whenConnected?: (connected: boolean) => void
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
export function resumeStreams(): void {
  for (const stream of streams.values()) stream.resume()
}

/** Somebody else is there now, and sees other things. Called by session.ts. */
export function renewStreams(): void {
  for (const stream of streams.values()) stream.renew()
}

let whenRefused = () => {}

/** What else is done when a stream is refused: the session may have ended, and whoever follows is to know. Called by session.ts. */
export function onRefusedStream(act: () => void): void {
  whenRefused = act
}

function openStream(address: string): Stream {
  const followers = new Set<Follower>()
  let source: EventSource | null = null
  let heard = new Set<string>()
  let connected = false
  let timer: ReturnType<typeof setTimeout> | undefined
  let waits = REOPEN_AFTER_MS

  const say = (now: boolean) => {
    connected = now
    for (const { whenConnected } of followers) whenConnected?.(now)
  }
  const hear = ({ on }: Follower) => {
    for (const name of Object.keys(on)) {
      if (source === null || heard.has(name)) continue
      heard.add(name)
      source.addEventListener(name, (event: MessageEvent<string>) => {
        const data: unknown = JSON.parse(event.data)
        for (const follower of followers) follower.on[name]?.(data)
      })
    }
  }
  const open = () => {
    clearTimeout(timer)
    if (source !== null || document.visibilityState === 'hidden') return
    source = new EventSource(address)
    heard = new Set()
    source.addEventListener('open', () => {
      waits = REOPEN_AFTER_MS
      say(true)
    })
    source.addEventListener('error', () => {
      say(false)
      // The browser reconnects by itself after a broken connection, and gives up after an answer that is no stream.
      if (source?.readyState !== EventSource.CLOSED) return
      source = null
      timer = setTimeout(open, waits)
      waits = Math.min(2 * waits, LONGEST_WAIT_MS)
      whenRefused()
    })
    for (const follower of followers) hear(follower)
  }
  const close = () => {
    clearTimeout(timer)
    source?.close()
    source = null
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

  open()
  document.addEventListener('visibilitychange', seenOrHidden)
  window.addEventListener('online', reopen)
  return {
    join(follower) {
      followers.add(follower)
      hear(follower)
      follower.whenConnected?.(connected)
    },
    leave(follower) {
      followers.delete(follower)
      return followers.size
    },
    renew: reopen,
    resume: open,
    stop() {
      document.removeEventListener('visibilitychange', seenOrHidden)
      window.removeEventListener('online', reopen)
      close()
    },
  }
}
