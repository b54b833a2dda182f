// One connection of server-sent events. Opened by live.ts for a page, and by liveShared.ts for all tabs.

/** After an answer that was no stream, twice as long each time. */
const REOPEN_AFTER_MS = 2_000
const LONGEST_WAIT_MS = 60_000

/** All that the shop tells. */
const NAMES = ['cart', 'offers', 'order', 'request', 'inbox']

/** Who hears a stream. */
export interface Ears {
  hear: (name: string, data: unknown) => void
  /** Whether changes arrive by themselves at the moment. */
  connected: (now: boolean) => void
  /** The answer was no stream: there is no session, or not the right one. */
  refused: () => void
}

/** A way to hear a stream. */
export interface Line {
  /** Opens it at once where it waits. */
  resume: () => void
  /** Begins anew, with the cookies and the network of now. */
  renew: () => void
  stop: () => void
}

export function openSource(address: string, ears: Ears): Line {
  let source: EventSource | null = null
  let timer: ReturnType<typeof setTimeout> | undefined
  let waits = REOPEN_AFTER_MS

  const open = () => {
    clearTimeout(timer)
    if (source !== null) return
    const opened = new EventSource(address)
    source = opened
    for (const name of NAMES) {
      opened.addEventListener(name, (event: MessageEvent<string>) =>
        ears.hear(name, JSON.parse(event.data) as unknown),
      )
    }
    opened.addEventListener('open', () => {
      waits = REOPEN_AFTER_MS
      ears.connected(true)
    })
    opened.addEventListener('error', () => {
      ears.connected(false)
      // The browser reconnects by itself after a broken connection, and gives up after an answer that is no stream.
      if (opened.readyState !== EventSource.CLOSED || source !== opened) return
      source = null
      timer = setTimeout(open, waits)
      waits = Math.min(2 * waits, LONGEST_WAIT_MS)
      ears.refused()
    })
  }
  const close = () => {
    clearTimeout(timer)
    source?.close()
    source = null
    ears.connected(false)
  }

  open()
  return {
    resume: open,
    renew() {
      close()
      open()
    },
    stop: close,
  }
}
