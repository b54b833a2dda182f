// Of each thing that a stream told of, what it said last. Called by live.ts and liveShared.ts, for who comes later.

export type Frame = [name: string, data: unknown]
export type Latest = Map<string, Frame>

const MOST_KEPT = 200

export function keepLatest(latest: Latest, frame: Frame): void {
  const [name, data] = frame
  const id = typeof data === 'object' && data !== null && 'id' in data ? String(data.id) : ''
  // There is one cart, whichever it is.
  const key = name === 'cart' ? name : `${name} ${id}`
  latest.delete(key)
  latest.set(key, frame)
  const [oldest] = latest.keys()
  if (latest.size > MOST_KEPT && oldest !== undefined) latest.delete(oldest)
}
