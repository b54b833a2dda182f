// The inbox as it is now: asked for once, and again when the shop says that there is something new.
import { useQuery, useQueryClient, type UseQueryResult } from '@tanstack/react-query'
import { useEffect } from 'react'
import { follow } from '../../api/live'
import type { Inbox } from '../../api/types'
import { inboxQuery } from './api'

export function useInbox(): UseQueryResult<Inbox> {
  const client = useQueryClient()
  const inbox = useQuery(inboxQuery())

  useEffect(
    () =>
      follow('/api/queries/live', {
        on: {
          inbox: (told) => {
            const { queryKey } = inboxQuery()
            // Each connection begins with the newest, which is known mostly.
            const { newest } = told as { newest: string }
            if (client.getQueryData(queryKey)?.notices[0]?.id === newest) return
            void client.invalidateQueries({ queryKey })
          },
        },
      }),
    [client],
  )
  return inbox
}
