// Loads a part of the page's code, and tries again where that fails. Called by lazyWithRetry.tsx and app/page.tsx.

const SOON_MS = 1_000
const WITHIN_MS = 15_000

/** Once more soon after a failure. Offline that is pointless: the callers try again when the browser is back online. */
export async function loadPart<Part>(load: () => Promise<Part>): Promise<Part> {
  try {
    return await inTime(loadStyled(load))
  } catch (error) {
    if (!navigator.onLine || error instanceof TooLate) throw error
    await new Promise((resolve) => setTimeout(resolve, SOON_MS))
    return inTime(loadStyled(load))
  }
}

class TooLate extends Error {}

async function inTime<Part>(loading: Promise<Part>): Promise<Part> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TooLate('A part of the page did not load in time.')), WITHIN_MS)
  })
  return Promise.race([loading, limit]).finally(() => clearTimeout(timer))
}

async function loadStyled<Part>(load: () => Promise<Part>): Promise<Part> {
  await Promise.all([...unstyled].map(restyle))
  return load()
}

/** Stylesheets that failed. The build's loader asks for each of them once only: a part that is loaded again would come without. */
const unstyled = new Set<HTMLLinkElement>()
window.addEventListener(
  'error',
  ({ target }) => {
    if (target instanceof HTMLLinkElement && target.rel === 'stylesheet') unstyled.add(target)
  },
  { capture: true },
)

function restyle(link: HTMLLinkElement): Promise<void> {
  return new Promise((resolve, reject) => {
    const again = link.cloneNode() as HTMLLinkElement
    again.addEventListener('load', () => resolve())
    again.addEventListener('error', () => reject(new Error(`${again.href} did not load`)))
    unstyled.delete(link)
    link.replaceWith(again)
  })
}
