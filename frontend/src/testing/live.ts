// A live stream that a test speaks through. jsdom has no EventSource of its own.

type Listener = (event: MessageEvent<string>) => void

export class TestEventSource {
  static readonly CLOSED = 2
  static open: TestEventSource[] = []
  readyState = 1
  readonly url: string
  private readonly listeners = new Map<string, Listener[]>()

  constructor(url: string) {
    this.url = url
    TestEventSource.open.push(this)
  }

  addEventListener(type: string, listener: Listener): void {
    this.listeners.set(type, [...(this.listeners.get(type) ?? []), listener])
  }

  close(): void {
    this.readyState = TestEventSource.CLOSED
    TestEventSource.open = TestEventSource.open.filter((source) => source !== this)
  }

  static say(
    type: 'cart' | 'offers' | 'order' | 'request' | 'inbox' | 'open' | 'error',
    data: unknown = null,
  ): void {
    const event = new MessageEvent(type, { data: JSON.stringify(data) })
    for (const source of TestEventSource.open) {
      for (const listener of source.listeners.get(type) ?? []) listener(event)
    }
  }
}
