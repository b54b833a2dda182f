// Why somebody is led to sign in, said on the page of it: "Sign in to be told when Tea caddy is back". It stands in the
// browser's history and not in the address, where a stranger's link could put words into the shop's mouth.

export interface SignInLink {
  to: string
  state: { why: string }
}

/** `why` follows "Sign in to"; `then` is the path that one comes back to. */
export function signInLink(then: string, why: string): SignInLink {
  return { to: `/sign-in?then=${encodeURIComponent(then)}`, state: { why } }
}

/** What the history says of it; null where one came by oneself. */
export function whySigningIn(state: unknown): string | null {
  const why = typeof state === 'object' && state !== null && 'why' in state ? state.why : null
  return typeof why === 'string' && why !== '' ? why : null
}
