// Fetches what a press would need at once and the first load leaves out, so that the press also works without a connection, and
// installs the service worker, which keeps it. Called by Shell.tsx.

/** The first load comes first: its pictures and answers are there by then, also on a slow phone. */
const AFTER_MS = 4_000

const parts = [
  () => import('../features/cart/CartDrawer'),
  () => import('../components/ConfirmDialog'),
  () => import('../features/catalog/FilterSheet'),
]

/** `whenKept`: see worker/register.ts. Answers how to leave it. */
export function prepareWhenIdle(whenKept: () => void): () => void {
  const timer = setTimeout(() => {
    const idle = window.requestIdleCallback ?? ((act: () => void) => setTimeout(act))
    idle(() => {
      const steps = [...parts, async () => (await import('../worker/register')).registerWorker(whenKept)]
      for (const step of steps) {
        step().catch(() => {
          // It is asked for again when it is needed, or with the next visit.
        })
      }
    })
  }, AFTER_MS)
  return () => clearTimeout(timer)
}
