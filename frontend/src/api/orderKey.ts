// The key of an order's link. It stands behind `#` in addresses, which browsers send to nobody, and goes to the shop in a
// header: what is in neither is in no log. Called by the features that show orders and pay for them.

/** The key that the fragment of an address has; null where it has none. */
export function keyIn(hash: string): string | null {
  return new URLSearchParams(hash.replace(/^#/, '')).get('key')
}

/** The address of an order's page, with the key of its link where there is one. */
export function orderAddress(id: string, key: string | null): string {
  return key === null ? `/orders/${id}` : `/orders/${id}#key=${encodeURIComponent(key)}`
}

/** The header that opens an order without a session. */
export function orderHeader(key: string | null): { 'Order-Key'?: string } {
  return key === null ? {} : { 'Order-Key': key }
}

const seen = new Map<string, string>()

/** Of an order that was opened by its link on this page: the way to signing in and back leaves the fragment out. */
export function keySeen(id: string): string | null {
  return seen.get(id) ?? null
}

export function rememberKey(id: string, key: string): void {
  seen.set(id, key)
}

/** Somebody else is there now. */
export function forgetKeys(): void {
  seen.clear()
}
