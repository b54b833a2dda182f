// Around the pages of staff: keeps what was done a moment ago, offers to take it back, and sends it when the page is left.
import { useQueryClient, type QueryClient } from '@tanstack/react-query'
import { useEffect, useMemo, type ReactNode } from 'react'
import { deliver, ship, showOrder } from '../api'
import { createDeeds, type Wish } from './deeds'
import { UndoBar } from './UndoBar'
import { DeedsContext } from './useDeeds'

export function Deeds({ account, children }: { account: string; children: ReactNode }) {
  const client = useQueryClient()
  const deeds = useMemo(() => createDeeds({ account, send, show: showIn(client) }), [account, client])

  useEffect(() => {
    const stop = deeds.adopt()
    const leave = () => deeds.sendAll()
    const hide = () => {
      if (document.visibilityState === 'hidden') deeds.sendAll()
    }
    window.addEventListener('pagehide', leave)
    document.addEventListener('visibilitychange', hide)
    return () => {
      stop()
      window.removeEventListener('pagehide', leave)
      document.removeEventListener('visibilitychange', hide)
      deeds.sendAll()
    }
  }, [deeds])

  return (
    <DeedsContext value={deeds}>
      {children}
      <UndoBar />
    </DeedsContext>
  )
}

function send(key: string, wish: Wish) {
  return wish.kind === 'shipment' ? ship(wish.order, key, wish) : deliver(wish.order, key, wish.shipment)
}

const showIn =
  (client: QueryClient) =>
  (wish: Wish, { version }: { version: number }) =>
    showOrder(client, wish.order, { version })
