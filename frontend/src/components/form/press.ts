// Whether a finger or a mouse button is down. What would move the page under it waits: where the button is gone from under
// the finger, no click happens. Called by useForm.ts.

let isDown = false
let begun = 0
let waiting: (() => void)[] = []

/** At once, or as soon as the press that goes on has had its click. */
export function afterPress(then: () => void): void {
  if (isDown) waiting.push(then)
  else then()
}

function begins(event: MouseEvent): void {
  // Another button opens a menu, and of that no end may be heard.
  if (event.button !== 0) return
  isDown = true
  begun += 1
}

function ends(): void {
  if (!isDown) return
  const ended = begun
  // The click comes in the same task, after this.
  setTimeout(() => {
    if (begun !== ended) return
    isDown = false
    const due = waiting
    waiting = []
    for (const then of due) then()
  })
}

// On a touch screen focus moves between the mouse events, which follow when the finger is up already.
for (const name of ['pointerdown', 'mousedown'] as const) document.addEventListener(name, begins, true)
// What is dragged or scrolled is let go without a click; a key is pressed where an end was missed.
for (const name of ['pointerup', 'mouseup', 'pointercancel', 'dragend', 'contextmenu', 'keydown'] as const) {
  document.addEventListener(name, ends, true)
}
