// The service worker: the shop's pages open without a connection, with the catalogue as it was last seen. It keeps files of the
// build and public answers, nothing personal, and sends nothing by itself. Built by vite.worker.config.ts; registered by register.ts.
import { cacheNames, clientsClaim, setCacheNameDetails } from 'workbox-core'
import { ExpirationPlugin } from 'workbox-expiration'
import { matchPrecache, precacheAndRoute, type PrecacheEntry } from 'workbox-precaching'
import { NavigationRoute, registerRoute } from 'workbox-routing'
import { NetworkFirst } from 'workbox-strategies'
import { isForEverybody, isKept } from './kept'

declare const self: ServiceWorkerGlobalScope
/** Filled in by the build. */
declare const SHELL_FILES: PrecacheEntry[]

const PREFIX = 'cartwright'
/** Another number when what is kept changes its form: activating deletes the others. */
const CATALOGUE = `${PREFIX}-catalogue-1`
/** A connection that is slower than this is worse than what was kept. */
const ANSWER_WITHIN_S = 4
const MOST_ANSWERS = 80
const KEPT_FOR_S = 7 * 24 * 60 * 60

setCacheNameDetails({ prefix: PREFIX })

// The network first: whoever loads a page after a deploy gets the new build, whichever worker is in charge. Before the files, which
// would otherwise answer for the page as well.
registerRoute(new NavigationRoute(({ request }) => pageOf(request), { denylist: [/^\/api\//] }))
precacheAndRoute(SHELL_FILES, { directoryIndex: '', cleanURLs: false, ignoreURLParametersMatching: [] })

// Of GET alone, which is what `registerRoute` means without a method.
registerRoute(
  ({ url, sameOrigin }) => sameOrigin && isKept(url),
  new NetworkFirst({
    cacheName: CATALOGUE,
    networkTimeoutSeconds: ANSWER_WITHIN_S,
    plugins: [
      { cacheWillUpdate: ({ response }) => Promise.resolve(isForEverybody(response) ? response : null) },
      new ExpirationPlugin({
        maxEntries: MOST_ANSWERS,
        maxAgeSeconds: KEPT_FOR_S,
        purgeOnQuotaError: true,
      }),
    ],
  }),
)

// The page of the first visit is served by the worker at once, without being loaded again.
clientsClaim()
self.addEventListener('activate', (event) => event.waitUntil(deleteOldCaches()))

self.addEventListener('message', (event) => {
  if (event.data === 'take-over') event.waitUntil(takeOver())
})

async function pageOf(request: Request): Promise<Response> {
  try {
    return await Promise.race([fetch(request), tooLate()])
  } catch {
    return (await matchPrecache('/index.html')) ?? Response.error()
  }
}

function tooLate(): Promise<never> {
  return new Promise((_, reject) => setTimeout(() => reject(new Error('no answer')), ANSWER_WITHIN_S * 1000))
}

/**
 * Only while one tab is open. Activating deletes the files of the build before, and other tabs may be of that build and still need
 * them; this tab has just been loaded. Otherwise the new worker waits until the other tabs are closed.
 */
async function takeOver(): Promise<void> {
  const tabs = await self.clients.matchAll({ type: 'window', includeUncontrolled: true })
  if (tabs.length <= 1) await self.skipWaiting()
}

async function deleteOldCaches(): Promise<void> {
  const current = [cacheNames.precache, CATALOGUE]
  const old = (await caches.keys()).filter((name) => name.startsWith(`${PREFIX}-`) && !current.includes(name))
  await Promise.all(old.map((name) => caches.delete(name)))
}
