// The key of the link that an order's page was opened by. Called by OrderPage.tsx.
import { useEffect } from 'react'
import { useLocation } from 'react-router'
import { keyIn, keySeen, orderAddress, rememberKey } from '../../api/orderKey'

interface OpenedBy {
  key: string | null
  /** Where this page is from now on, if its address is not as it should be. */
  moved: string | null
}

/**
 * What must not stay in an address, since that gets into logs of servers and into histories: the key, in links of earlier releases, and what
 * Stripe adds to the address that its pages lead back to.
 */
const SECRETS = ['key', 'payment_intent', 'payment_intent_client_secret', 'redirect_status']

export function useKey(id: string): OpenedBy {
  const { search, hash } = useLocation()
  const params = new URLSearchParams(search)
  const key = keyIn(hash) ?? params.get('key') ?? keySeen(id)
  useEffect(() => {
    if (key !== null) rememberKey(id, key)
  }, [id, key])

  const isClean = !SECRETS.some((name) => params.has(name))
  if (isClean && (key === null || keyIn(hash) !== null)) return { key, moved: null }
  for (const name of SECRETS) params.delete(name)
  const query = params.size === 0 ? '' : `?${params.toString()}`
  return { key, moved: orderAddress(id, key).replace(/#|$/, (end) => query + end) }
}
