import type { RequestDocument } from './types'

/** Of two documents of one request the one to show: nothing that is held is replaced by something older. */
export function newerRequest(
  held: RequestDocument | null | undefined,
  arrived: RequestDocument,
): RequestDocument {
  if (held === null || held === undefined || held.id !== arrived.id) return arrived
  return arrived.version >= held.version ? arrived : held
}
