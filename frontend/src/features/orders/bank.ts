// The way to the bank and back. Called by OrderPage.tsx.

const PLACE = 'cartwright.sent-to-bank'

/**
 * Where to send the shopper: the sandbox's bank is a page of this shop, whatever name the shop was given; every other bank
 * has an address of its own.
 */
export function bankAddress(said: string): { within: string } | { outside: string } | null {
  const address = URL.parse(said, window.location.origin)
  if (address === null) return null
  if (address.pathname.startsWith('/sandbox/')) return { within: `${address.pathname}${address.hash}` }
  return address.protocol === 'https:' ? { outside: address.href } : null
}

/** Whoever was sent there once and came back by the Back button is not sent there again without asking. */
export function wasSentToBank(attempt: string): boolean {
  try {
    return sessionStorage.getItem(PLACE) === attempt
  } catch {
    return true
  }
}

export function rememberSentToBank(attempt: string): void {
  try {
    sessionStorage.setItem(PLACE, attempt)
  } catch {
    // Then the shopper presses the button.
  }
}
