// A browser with several tabs, for tests: locks and channels as the real ones behave, and tabs that freeze.
import type { Channel, Sharing } from '../api/liveShared'

interface Ask {
  tab: FakeTab
  grant: () => void
  lose: () => void
}

export class FakeBrowser {
  private readonly holders = new Map<string, Ask>()
  private readonly queues = new Map<string, Ask[]>()
  private readonly channels = new Set<FakeChannel>()
  private readonly posts: (() => void)[] = []
  /** Messages are on their way until `deliver`. */
  isSlow = false

  deliver(): void {
    for (const post of this.posts.splice(0)) post()
  }

  post(from: FakeChannel, data: unknown): void {
    const post = () => {
      for (const channel of this.channels)
        if (channel !== from && channel.name === from.name) channel.hear(data)
    }
    if (this.isSlow) this.posts.push(post)
    else post()
  }

  open(channel: FakeChannel): void {
    this.channels.add(channel)
  }

  close(channel: FakeChannel): void {
    this.channels.delete(channel)
  }

  queue(name: string): Ask[] {
    const queue = this.queues.get(name) ?? []
    this.queues.set(name, queue)
    return queue
  }

  steal(name: string, ask: Ask): void {
    const before = this.holders.get(name)
    this.holders.set(name, ask)
    before?.lose()
    ask.grant()
  }

  free(name: string, ask: Ask): void {
    if (this.holders.get(name) === ask) this.holders.delete(name)
    this.next(name)
  }

  next(name: string): void {
    if (this.holders.has(name)) return
    const ask = this.queue(name).shift()
    if (ask === undefined) return
    this.holders.set(name, ask)
    ask.grant()
  }
}

export class FakeTab {
  readonly sharing: Sharing
  private backlog: (() => void)[] | null = null

  constructor(browser: FakeBrowser) {
    this.sharing = {
      openChannel: (name) => new FakeChannel(browser, this, name) as unknown as Channel,
      locks: {
        request: (name, { signal, steal }, granted) =>
          new Promise((resolve, reject) => {
            const ask: Ask = {
              tab: this,
              grant: () =>
                this.run(
                  () =>
                    void granted()
                      .then(resolve)
                      .then(() => browser.free(name, ask)),
                ),
              lose: () => this.run(() => reject(new DOMException('stolen', 'AbortError'))),
            }
            if (steal === true) return browser.steal(name, ask)
            browser.queue(name).push(ask)
            signal?.addEventListener('abort', () => {
              const queue = browser.queue(name)
              const place = queue.indexOf(ask)
              if (place >= 0) queue.splice(place, 1)
              reject(new DOMException('left', 'AbortError'))
            })
            browser.next(name)
          }),
      },
    }
  }

  /** Nothing happens in a frozen tab; what comes and goes meanwhile does so when it thaws. */
  freeze(): void {
    this.backlog = []
  }

  thaw(): void {
    const late = this.backlog ?? []
    this.backlog = null
    for (const act of late) act()
  }

  run(act: () => void): void {
    if (this.backlog === null) act()
    else this.backlog.push(act)
  }
}

class FakeChannel {
  onmessage: ((event: MessageEvent) => void) | null = null
  readonly name: string
  private readonly browser: FakeBrowser
  private readonly tab: FakeTab

  constructor(browser: FakeBrowser, tab: FakeTab, name: string) {
    this.browser = browser
    this.tab = tab
    this.name = name
    browser.open(this)
  }

  postMessage(data: unknown): void {
    this.tab.run(() => this.browser.post(this, structuredClone(data)))
  }

  hear(data: unknown): void {
    this.tab.run(() => this.onmessage?.(new MessageEvent('message', { data })))
  }

  close(): void {
    this.browser.close(this)
  }
}
