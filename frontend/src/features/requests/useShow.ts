import { useQueryClient, type InfiniteData } from '@tanstack/react-query'
import { useCallback } from 'react'
import { newerRequest } from '../../api/newerRequest'
import type { ListedRequest, RequestDocument, RequestPage } from '../../api/types'
import { listsKey, readRequest, requestKey } from './api'

/** A command was answered: the request is shown of that version, wherever it stands on the page. */
export function useShow(): (id: string, version: number) => Promise<void> {
  const client = useQueryClient()
  return useCallback(
    async (id, version) => {
      // Where it cannot be read yet, the lists are asked again by themselves.
      const now = await readRequest(id, version).catch(() => null)
      if (now === null) return void client.invalidateQueries({ queryKey: ['requests'] })
      client.setQueryData<RequestDocument | null>(requestKey(id), (held) => newerRequest(held, now))
      const fresh = <Item extends ListedRequest>(item: Item): Item =>
        item.id === id && item.version <= now.version ? { ...item, ...now } : item
      client.setQueriesData<InfiniteData<RequestPage>>(
        { queryKey: listsKey },
        (data) =>
          data && {
            ...data,
            pages: data.pages.map((page) => ({ ...page, requests: page.requests.map(fresh) })),
          },
      )
      client.setQueriesData<ListedRequest[]>({ queryKey: ['requests', 'similar'] }, (data) =>
        data?.map(fresh),
      )
      client.setQueriesData<ListedRequest | null>({ queryKey: ['requests', 'waiting'] }, (data) =>
        data === null || data === undefined ? data : fresh(data),
      )
    },
    [client],
  )
}
