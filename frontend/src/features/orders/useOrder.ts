// One order as it is now: asked for once, then told of every change, and asked for again while nobody tells.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { follow } from '../../api/live'
import { newerOrder } from '../../api/newerOrder'
import { useSession } from '../../api/session'
import type { OrderDocument } from '../../api/types'
import { liveAddress, orderKey, readOrder, type AtLeast, type OrderLink } from './api'
import { isSettled } from './phase'

const WHILE_DEAF_MS = 3_000
/** Also of an older order than the shopper's stream tells of, which are the newest 50. */
const WHILE_LIVE_MS = 30_000
const SHOPPERS = '/api/queries/live'

interface Order {
  /** Null: there is no such order, or not for whoever asks. */
  order: OrderDocument | null | undefined
  /** Something about the payment was answered that is not shown yet. */
  isPaymentBehind: boolean
  isError: boolean
  retry: () => void
  /** A command was answered: the order is shown of that version at least. */
  await: (atLeast: AtLeast) => void
}

export function useOrder({ id, key }: OrderLink, atFirst: AtLeast): Order {
  const client = useQueryClient()
  const [isLive, setLive] = useState(false)
  const [awaited, setAwaited] = useState(atFirst)
  const { data, isError, refetch } = useQuery({
    queryKey: orderKey({ id, key }),
    queryFn: async ({ signal, queryKey }) => {
      const arrived = await readOrder({ id, key }, awaited, signal)
      return arrived === null
        ? null
        : newerOrder(client.getQueryData<OrderDocument | null>(queryKey), arrived)
    },
    staleTime: 0,
    refetchInterval: ({ state }) => {
      if (state.data === null) return false
      if (state.data !== undefined && isSettled(state.data)) return WHILE_LIVE_MS
      return isLive ? WHILE_LIVE_MS : WHILE_DEAF_MS
    },
  })
  const isThere = data !== null && data !== undefined
  const owner = useSession()?.owner
  // The shopper's own stream tells of the shopper's own orders: another one would only take a connection.
  const address = isThere && data.customer === owner ? SHOPPERS : liveAddress(id)

  useEffect(() => {
    if (!isThere) return
    return follow(address, {
      on: {
        order: (arrived) => {
          const said = arrived as OrderDocument
          if (said.id !== id) return
          client.setQueryData<OrderDocument | null>(orderKey({ id, key }), (held) => newerOrder(held, said))
        },
      },
      hearsLatest: true,
      whenConnected: setLive,
    })
  }, [client, id, key, isThere, address])
  useEffect(() => {
    if (awaited !== atFirst) void refetch()
    // Only what was awaited later is asked for anew.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [awaited])

  return {
    order: data,
    isPaymentBehind: isThere && data.payment_version < (awaited.paymentVersion ?? 0),
    isError,
    retry: () => void refetch(),
    await: (atLeast) =>
      setAwaited((before) => ({
        version: Math.max(before.version ?? 0, atLeast.version ?? 0),
        paymentVersion: Math.max(before.paymentVersion ?? 0, atLeast.paymentVersion ?? 0),
      })),
  }
}
