// Fetches what a press would need at once and the first load leaves out, so that the press also works without a connection.
// Called by Shell.tsx.

/** The first load comes first: its pictures and answers are there by then, also on a slow phone. */
const AFTER_MS = 4_000

const parts = [
  () => import('../features/cart/CartDrawer'),
  () => import('../components/ConfirmDialog'),
  () => import('../features/catalog/FilterSheet'),
]

/** Answers how to leave it. */
export function fetchPartsWhenIdle(): () => void {
  const timer = setTimeout(() => {
    const idle = window.requestIdleCallback ?? ((act: () => void) => setTimeout(act))
    idle(() => {
      for (const part of parts) {
        part().catch(() => {
          // It is asked for again when it is needed.
        })
      }
    })
  }, AFTER_MS)
  return () => clearTimeout(timer)
}
