// After a deploy, an open page asks for parts of a build that is gone. Then it is loaded anew: once for each build. Called by
// page.tsx when a part cannot be loaded.

/** For which build this tab was loaded anew. */
const PLACE = 'cartwright.loaded-anew-for'
const ANSWER_WITHIN_MS = 5_000
/** Its name has a digest of all that it imports. */
const FIRST_SCRIPT = /<script type="module"[^>]* src="([^"]+)"/

/** Loads the page anew where the shop serves another build than the page is of, unless that was tried. Answers whether it does. */
export async function loadNewBuild(reload = () => window.location.reload()): Promise<boolean> {
  const build = await servedBuild().catch(() => null)
  if (build === null || build === openBuild()) return false
  try {
    if (sessionStorage.getItem(PLACE) === build) return false
    sessionStorage.setItem(PLACE, build)
  } catch {
    // Where nothing can be remembered, nothing would end a loop.
    return false
  }
  reload()
  return true
}

/** The question mark leads past what a service worker keeps: its page is of the build that it was installed with. */
async function servedBuild(): Promise<string | null> {
  const answer = await fetch('/index.html?served', {
    cache: 'no-store',
    signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
  })
  if (!answer.ok) return null
  return FIRST_SCRIPT.exec(await answer.text())?.[1] ?? null
}

function openBuild(): string | null {
  return document.querySelector('script[type="module"][src]')?.getAttribute('src') ?? null
}
