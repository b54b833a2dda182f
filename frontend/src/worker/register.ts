// Installs the service worker behind the first load. Called by app/whenIdle.ts.

/** `whenKept` is called once in a browser: what is on the page by then was asked for before there was a worker to keep it. */
export async function registerWorker(whenKept: () => void): Promise<void> {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return
  const workers = navigator.serviceWorker
  if (workers.controller === null) workers.addEventListener('controllerchange', whenKept, { once: true })
  const registration = await workers.register('/service-worker.js', { updateViaCache: 'none' })
  registration.waiting?.postMessage('take-over')
}
