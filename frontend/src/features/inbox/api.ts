// What somebody was told of the requests that they follow. Called by the header's button and by the page of the inbox.
import { queryOptions } from '@tanstack/react-query'
import { commands } from '../../api/client'
import { answerOf, ProblemError, problemOf } from '../../api/problem'
import type { Inbox } from '../../api/types'

const ANSWER_WITHIN_MS = 20_000

/** Asked again whenever the page is looked at again: what is told meanwhile is heard by useInbox.ts. */
export function inboxQuery() {
  return queryOptions({
    queryKey: ['inbox'],
    queryFn: async ({ signal, client, queryKey }): Promise<Inbox> => {
      const arrived = answerOf(await commands.GET('/api/commands/inbox', { signal }))
      const held = client.getQueryData<Inbox>(queryKey)?.notices.map(({ id }) => id) ?? []
      // What there is news of is not as it was: nobody is led to something that still looks sold out.
      for (const { sku } of arrived.notices.filter(({ id, read }) => !read && !held.includes(id))) {
        if (sku !== null) void client.invalidateQueries({ queryKey: ['products', 'one', sku] })
      }
      return arrived
    },
    staleTime: 0,
  })
}

/** This notice and all that are older. */
export async function markRead(upTo: string): Promise<void> {
  const { response, error } = await commands.PUT('/api/commands/inbox/read', {
    body: { up_to: upTo },
    signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
  })
  if (!response.ok) throw new ProblemError(problemOf(response, error))
}
