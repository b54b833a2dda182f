// The key of the link that an order's page was opened by. Called by OrderPage.tsx.
import { useEffect } from 'react'
import { useLocation } from 'react-router'
import { keyIn, keySeen, orderAddress, rememberKey } from '../../api/orderKey'

interface OpenedBy {
  key: string | null
  /** Where this page is from now on, if its address is not as it should be. */
  moved: string | null
}

export function useKey(id: string): OpenedBy {
  const { search, hash } = useLocation()
  const params = new URLSearchParams(search)
  // Links of earlier releases have it in the query string, which gets into logs and histories of servers.
  const old = params.get('key')
  const key = keyIn(hash) ?? old ?? keySeen(id)
  useEffect(() => {
    if (key !== null) rememberKey(id, key)
  }, [id, key])

  if (key === null || (old === null && keyIn(hash) !== null)) return { key, moved: null }
  params.delete('key')
  const query = params.size === 0 ? '' : `?${params.toString()}`
  return { key, moved: orderAddress(id, key).replace('#', `${query}#`) }
}
