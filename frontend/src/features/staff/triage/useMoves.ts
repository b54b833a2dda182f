// Cards that were moved: shown where they are wanted at once, and as the shop has them as soon as it answered. Called by
// BoardPage.tsx.
import { useQueryClient } from '@tanstack/react-query'
import { useCallback, useRef, useState } from 'react'
import { newerRequest } from '../../../api/newerRequest'
import { ProblemError } from '../../../api/problem'
import type { CommandAnswer, ListedRequest, RequestDocument } from '../../../api/types'
import { boardKey, decline, move as send, readRequest, requestKey } from './api'
import type { Move } from './columns'
import { whyRefused } from './words'

export interface Moving {
  request: ListedRequest
  to: Move
}

interface Moves {
  moving: Moving[]
  /** What was done, for whoever does not see it. */
  said: string
  trouble: string | null
  move: (request: ListedRequest, name: string, to: Move, reason?: string) => void
  /** A command was answered: the request and the board are shown of that version. */
  show: (answer: CommandAnswer) => Promise<void>
  /** What lists have to know already. */
  after: () => string | null
}

export function useMoves(): Moves {
  const client = useQueryClient()
  const [moving, setMoving] = useState<Moving[]>([])
  const [said, setSaid] = useState('')
  const [trouble, setTrouble] = useState<string | null>(null)
  const latest = useRef<string | null>(null)
  const after = useCallback(() => latest.current, [])

  const show = useCallback(
    async ({ id, version }: CommandAnswer) => {
      latest.current = `${id}:${version}`
      const now = await readRequest(id, version).catch(() => null)
      if (now !== null) {
        client.setQueryData<RequestDocument | null>(requestKey(id), (held) => newerRequest(held, now))
      }
      await client.invalidateQueries({ queryKey: boardKey })
    },
    [client],
  )

  const move = useCallback(
    (request: ListedRequest, name: string, to: Move, reason = '') => {
      const { id } = request
      const key = crypto.randomUUID()
      setTrouble(null)
      setMoving((before) => [...before.filter((other) => other.request.id !== id), { request, to }])
      const sent = to === 'declined' ? decline(key, id, reason) : send(key, id, to)
      sent
        .then(
          (answer) => {
            setSaid(`“${name}” is ${to} now.`)
            return show(answer)
          },
          (error: unknown) => {
            const why =
              error instanceof ProblemError
                ? whyRefused(error.problem)
                : 'The shop did not answer. Look where it is before you move it again.'
            setTrouble(`“${name}” was not moved. ${why}`)
            return client.invalidateQueries({ queryKey: boardKey })
          },
        )
        .finally(() => setMoving((before) => before.filter((other) => other.request.id !== id)))
    },
    [client, show],
  )
  return { moving, said, trouble, move, show, after }
}
