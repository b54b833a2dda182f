// One request as it is now: asked for once, then told of every change where it is the account's own, and asked for again now
// and then in any case.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { follow } from '../../api/live'
import { newerRequest } from '../../api/newerRequest'
import { useSession } from '../../api/session'
import type { RequestDocument } from '../../api/types'
import { requestKey, requestQuery } from './api'
import { useShow } from './useShow'

/** Nobody is told that others support it: that is seen when it is asked for again. */
const EVERY_MS = 5_000
const WHILE_BEHIND_MS = 2_000

interface Asked {
  /** Null: there is no such request, or not for whoever asks. */
  request: RequestDocument | null | undefined
  isError: boolean
  retry: () => void
}

/** `version` is what the page before heard of it. */
export function useRequest(id: string, version: number | undefined): Asked {
  const client = useQueryClient()
  const show = useShow()
  const hasAccount = (useSession()?.account ?? null) !== null
  const [hasWaited, setWaited] = useState(false)
  const isBehindBy = (held: RequestDocument | null | undefined) =>
    version !== undefined && (held?.version ?? 0) < version
  const { data, isError, refetch } = useQuery({
    ...requestQuery(id),
    refetchInterval: ({ state }) => (isBehindBy(state.data) ? WHILE_BEHIND_MS : EVERY_MS),
  })
  const isBehind = isBehindBy(data)

  useEffect(() => {
    if (isBehind && version !== undefined) void show(id, version).then(() => setWaited(true))
  }, [isBehind, show, id, version])
  useEffect(() => {
    if (!hasAccount) return
    return follow('/api/queries/live', {
      on: {
        request: (arrived) => {
          const { id: of } = arrived as RequestDocument
          client.setQueryData<RequestDocument | null>(requestKey(of), (held) =>
            held === undefined ? undefined : newerRequest(held, arrived as RequestDocument),
          )
        },
      },
    })
  }, [client, hasAccount])

  // Just asked for: it is on its way to where it can be read.
  const isComing = data === null && isBehind && !hasWaited
  return { request: isComing ? undefined : data, isError, retry: () => void refetch() }
}
