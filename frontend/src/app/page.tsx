// A route's page whose code is loaded with its first visit. Where that fails, the page says so inside what is around it, and is
// tried again: when the shopper asks for it, when the browser comes online, and by loading a new build. Called by routes.tsx.
import { useCallback, useEffect, useState, type ComponentType } from 'react'
import { loadPart } from '../components/loadPart'
import { loadNewBuild } from './newBuild'
import { PageNotLoaded, type NotLoadedProps } from './PageTrouble'

type Load = () => Promise<ComponentType>

/** For `lazy` of a route. It never fails: the router would keep the failure for as long as the page is open. */
export function page(
  load: Load,
  NotLoaded: ComponentType<NotLoadedProps> = PageNotLoaded,
): () => Promise<{ Component: ComponentType }> {
  return async () => ({ Component: await loadPart(load).catch(() => latePage(load, NotLoaded)) })
}

function latePage(load: Load, NotLoaded: ComponentType<NotLoadedProps>): ComponentType {
  let loaded: ComponentType | null = null
  let isFirstVisit = true

  return function LatePage() {
    const [Page, setPage] = useState<ComponentType | null>(() => loaded)
    const [hasFailed, setFailed] = useState(() => isFirstVisit)

    const tryAgain = useCallback(async () => {
      try {
        loaded ??= await loadPart(load)
        setPage(() => loaded)
        return true
      } catch {
        setFailed(true)
        if (navigator.onLine) await loadNewBuild()
        return false
      }
    }, [])
    useEffect(() => {
      isFirstVisit = false
      if (loaded !== null) return
      const again = () => void tryAgain()
      again()
      window.addEventListener('online', again)
      return () => window.removeEventListener('online', again)
    }, [tryAgain])

    if (Page !== null) return <Page />
    if (!hasFailed) return null
    return (
      <NotLoaded
        onRetry={() =>
          void tryAgain().then((isThere) => {
            // Some browsers never ask again for a script that failed; a page that is loaded anew does.
            if (!isThere && navigator.onLine) window.location.reload()
          })
        }
      />
    )
  }
}
