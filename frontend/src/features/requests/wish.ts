// What a guest wanted before they had to sign in: done when they come back, in this tab alone. Called by the buttons of this
// folder.

const PLACE = 'cartwright.wish'

export type Wish = `support ${string}` | `follow ${string}` | `wait for ${string}`

export function keepWish(wish: Wish): void {
  try {
    sessionStorage.setItem(PLACE, wish)
  } catch {
    // Then it is pressed once more.
  }
}

/** Whether this was wanted. It is forgotten with the answer. */
export function takeWish(wish: Wish): boolean {
  try {
    if (sessionStorage.getItem(PLACE) !== wish) return false
    sessionStorage.removeItem(PLACE)
    return true
  } catch {
    return false
  }
}
