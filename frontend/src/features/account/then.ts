// Where somebody came from, to be brought back there after signing in. Called by the pages of this folder.

/** Only a path of this shop: an address that leads elsewhere would make the sign-in page a trap. */
export function pathBack(then: string | null): string | null {
  if (then === null || !/^\/(?![/\\])/.test(then)) return null
  const base = 'https://shop.invalid'
  const { origin, pathname, search, hash } = new URL(then, base)
  return origin === base ? `${pathname}${search}${hash}` : null
}

export function withThen(page: '/sign-in' | '/register', then: string | null): string {
  return then === null ? page : `${page}?then=${encodeURIComponent(then)}`
}
