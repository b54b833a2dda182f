import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { Outlet, ScrollRestoration, useLocation, useNavigation } from 'react-router'
import { ConnectionLine } from '../components/ConnectionLine'
import { CartVoice } from '../features/cart/CartVoice'
import { catalogueQuery } from '../features/catalog/api'
import { noFilters } from '../features/catalog/filters'
import { Footer } from './Footer'
import { Header } from './Header'
import { prepareWhenIdle } from './whenIdle'
import styles from './Shell.module.css'

/** The router's key of every page that was loaded as the first one of its kind: they share it, but not where they were left. */
const FIRST = 'default'

/** What is around every page. */
export function Shell() {
  const { pathname, state } = useLocation()
  const main = useRef<HTMLElement>(null)
  const before = useRef(pathname)
  const isLeaving = useNavigation().state !== 'idle'
  const keepFocus = state?.keepFocus === true || state?.focusSearch === true

  // A new page begins at its beginning, also for the keyboard, unless the shopper is typing.
  useEffect(() => {
    if (before.current !== pathname && !keepFocus) main.current?.focus({ preventScroll: true })
    before.current = pathname
  }, [pathname, keepFocus])

  const client = useQueryClient()
  useEffect(
    () =>
      prepareWhenIdle(() => {
        void client.refetchQueries({ queryKey: ['products'], type: 'active' })
        void client.prefetchInfiniteQuery(catalogueQuery(noFilters))
      }),
    [client],
  )

  return (
    <div className={styles.shell}>
      <a href="#main" className={styles.skip}>
        Skip to the content
      </a>
      <Header>
        <ConnectionLine isWaiting={isLeaving} />
      </Header>
      <main id="main" ref={main} tabIndex={-1} className={styles.main}>
        <Outlet />
      </main>
      <Footer />
      <CartVoice />
      <ScrollRestoration
        getKey={({ key, pathname, search }) => (key === FIRST ? `${pathname}${search}` : key)}
      />
    </div>
  )
}
