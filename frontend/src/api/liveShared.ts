// One stream for all tabs of a browser, of which HTTP/1.1 has six connections to an origin. The tab that holds a lock opens the
// stream and tells the others what it hears. When it goes, the browser gives the lock to the next one. When it is stuck, as a
// frozen tab is, the others hear no beat, and one of them takes the lock away. Opened by live.ts.
import { keepLatest, type Frame, type Latest } from './liveLatest'
import type { Ears, Line } from './liveSource'

const BEAT_MS = 5_000
/** Two beats, and something for a slow machine. */
const SILENCE_MS = 12_000
/** Spread out, so that not all tabs take the lock from one another. */
const SPREAD_MS = 3_000
/** A timer that is this late says that this tab was frozen, not the other one. */
const LATE_MS = 2_000

type Said =
  /** A tab has come, and knows nothing yet. */
  | { kind: 'hello'; from: string }
  | { kind: 'welcome'; by: string; to: string; connected: boolean; frames: Frame[] }
  /** From now on this tab has the stream; what the one before says is old. */
  | { kind: 'lead'; by: string }
  | { kind: 'beat'; by: string; connected: boolean }
  | { kind: 'frame'; by: string; frame: Frame }
  | { kind: 'refused'; by: string }
  /** It had the stream, and lost it. */
  | { kind: 'resigned'; by: string }
  /** A tab has a session now: whoever waits with the stream need not wait longer. */
  | { kind: 'resume' }

export interface Channel {
  onmessage: ((event: MessageEvent<Said>) => void) | null
  postMessage: (said: Said) => void
  close: () => void
}

/** What a browser has to have. */
export interface Sharing {
  locks: {
    request: (name: string, options: LockOptions, granted: () => Promise<void>) => Promise<unknown>
  }
  openChannel: (name: string) => Channel
}

/** Null where a browser has no locks, as over http, or no channels: then each tab has a stream of its own. */
export function sharingOf(browser: Window & typeof globalThis): Sharing | null {
  const locks = browser.navigator.locks as LockManager | undefined
  if (locks === undefined || browser.BroadcastChannel === undefined) return null
  return {
    locks: { request: (name, options, granted) => locks.request(name, options, granted) },
    openChannel: (name) => new browser.BroadcastChannel(name) as Channel,
  }
}

/** Tabs of one `name` share what `open` opens. */
export function joinShared(
  name: string,
  open: (ears: Ears) => Line,
  ears: Ears,
  { locks, openChannel }: Sharing,
): Line {
  const me = crypto.randomUUID()
  const channel = openChannel(name)
  /** What a tab that comes later is told. */
  const latest: Latest = new Map()
  let stopped = false
  /** While this tab has the stream. */
  let source: Line | null = null
  let connected = false
  /** Whose words count. */
  let leader: string | null = null
  let release = () => {}
  let waiting = new AbortController()
  let beat: ReturnType<typeof setInterval> | undefined
  let silence: ReturnType<typeof setTimeout> | undefined
  const patience = SILENCE_MS + (Number.parseInt(me.slice(0, 4), 16) / 0xffff) * SPREAD_MS

  const say = (said: Said) => {
    if (!stopped) channel.postMessage(said)
  }

  const lead = () =>
    new Promise<void>((resolve) => {
      if (stopped) return resolve()
      clearTimeout(silence)
      release = resolve
      leader = me
      latest.clear()
      say({ kind: 'lead', by: me })
      source = open({
        hear(name, data) {
          keepLatest(latest, [name, data])
          ears.hear(name, data)
          say({ kind: 'frame', by: me, frame: [name, data] })
        },
        connected(now) {
          connected = now
          ears.connected(now)
          say({ kind: 'beat', by: me, connected })
        },
        refused() {
          ears.refused()
          say({ kind: 'refused', by: me })
        },
      })
      beat = setInterval(() => say({ kind: 'beat', by: me, connected }), BEAT_MS)
    })

  const stepDown = () => {
    clearInterval(beat)
    const had = source
    source = null
    if (leader === me) leader = null
    had?.stop()
    release()
  }

  const request = (options: LockOptions) => {
    let wasGranted = false
    const granted = () => {
      wasGranted = true
      return lead()
    }
    locks.request(name, options, granted).catch(() => {
      if (stopped) return
      if (wasGranted) {
        // Another tab took it away.
        if (source !== null) say({ kind: 'resigned', by: me })
        stepDown()
        wait()
      } else if (options.signal?.aborted !== true) {
        // A browser that refuses locks: this tab has a stream of its own.
        clearTimeout(silence)
        source = open(ears)
      }
    })
  }

  const wait = () => {
    waiting = new AbortController()
    request({ signal: waiting.signal })
    listen()
  }

  const listen = () => {
    clearTimeout(silence)
    if (stopped || source !== null) return
    const due = Date.now() + patience
    silence = setTimeout(() => {
      if (Date.now() - due > LATE_MS) return listen()
      ears.connected(false)
      waiting.abort()
      request({ steal: true })
    }, patience)
  }

  const counts = (by: string) => {
    if (source !== null) return false
    leader ??= by
    if (leader !== by) return false
    listen()
    return true
  }

  channel.onmessage = ({ data: said }) => {
    if (stopped) return
    switch (said.kind) {
      case 'hello':
        if (source !== null && leader === me)
          say({ kind: 'welcome', by: me, to: said.from, connected, frames: [...latest.values()] })
        return
      case 'lead':
        // It has the lock. This tab hears of its own loss a moment later.
        if (leader === me) stepDown()
        leader = said.by
        return listen()
      case 'resigned':
        if (leader === said.by) leader = null
        return
      case 'resume':
        return source?.resume()
      case 'welcome':
        if (!counts(said.by) || said.to !== me) return
        ears.connected(said.connected)
        for (const [name, data] of said.frames) ears.hear(name, data)
        return
      case 'beat':
        if (counts(said.by)) ears.connected(said.connected)
        return
      case 'frame':
        if (counts(said.by)) ears.hear(...said.frame)
        return
      case 'refused':
        if (counts(said.by)) ears.refused()
        return
    }
  }

  say({ kind: 'hello', from: me })
  wait()
  return {
    resume() {
      if (source !== null) source.resume()
      else say({ kind: 'resume' })
    },
    // Without the stream there is nothing to begin anew: the tab that has it hears of the network, too.
    renew: () => source?.renew(),
    stop() {
      stopped = true
      clearTimeout(silence)
      waiting.abort()
      stepDown()
      channel.close()
    },
  }
}
