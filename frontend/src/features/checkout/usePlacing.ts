// Pay was pressed: places the order and starts to pay for it, once, whatever happens to answers, clicks and reloads.
// Called by Checkout.tsx.
import { useCallback, useEffect, useRef, useState } from 'react'
import { ProblemError, type Problem } from '../../api/problem'
import type { CheckoutRequest, PlacedOrder } from '../../api/types'
import { placeOrder } from './api'
import type { Kept, Placing } from './kept'
import { keyOf, pay } from './paying'

export type Stage = 'idle' | 'placing' | 'paying'

/** Why the order was not placed. */
export type NotPlaced = { kind: 'refused'; problem: Problem } | { kind: 'unanswered' } | { kind: 'offline' }

interface Placement {
  stage: Stage
  /** An answer is waited for longer than usual. */
  isSlow: boolean
  notPlaced: NotPlaced | null
  place: (request: CheckoutRequest, method: string | null) => void
  /** The same as before, where that was not answered. */
  again: () => void
}

interface PlacementOptions {
  held: Kept
  change: (next: (now: Kept) => Kept) => Kept
  onPlaced: (order: PlacedOrder, cart: string, paymentVersion: number) => void
  onRefused: (problem: Problem) => void
}

export function usePlacing({ held, change, onPlaced, onRefused }: PlacementOptions): Placement {
  const [stage, setStage] = useState<Stage>(held.placing === null ? 'idle' : 'placing')
  const [isSlow, setSlow] = useState(false)
  const [notPlaced, setNotPlaced] = useState<NotPlaced | null>(null)
  const isRunning = useRef(false)
  const told = useRef({ onPlaced, onRefused })
  useEffect(() => {
    told.current = { onPlaced, onRefused }
  })

  const run = useCallback(
    (cart: string, placing: Placing) => {
      if (isRunning.current) return
      isRunning.current = true
      const heard = {
        onOrder: (order: PlacedOrder) => {
          change((now) => ({ ...now, placing: null, order: { id: order.id, link: order.link } }))
          setStage('paying')
        },
        whileWaiting: () => setSlow(true),
      }
      void deliver(cart, placing, heard).then((outcome) => {
        isRunning.current = false
        if (outcome.kind === 'placed') {
          return told.current.onPlaced(outcome.order, cart, outcome.paymentVersion)
        }
        setStage('idle')
        setNotPlaced(outcome)
        if (outcome.kind !== 'refused') return
        change((now) => ({ ...now, placing: null }))
        told.current.onRefused(outcome.problem)
      })
    },
    [change],
  )

  // A reload in the middle: the same is sent again, under the same key.
  useEffect(() => {
    if (held.placing !== null && held.cart !== null && notPlaced === null) run(held.cart, held.placing)
  }, [held.placing, held.cart, notPlaced, run])

  const place = useCallback(
    (request: CheckoutRequest, method: string | null) => {
      if (isRunning.current) return
      // Nothing is sent that would arrive when nobody looks any more.
      if (!navigator.onLine) return setNotPlaced({ kind: 'offline' })
      setStage('placing')
      setSlow(false)
      setNotPlaced(null)
      const { cart, placing } = change((now) => ({
        ...now,
        placing: { key: keyFor(now.placing, request), request, method },
      }))
      if (cart !== null && placing !== null) run(cart, placing)
    },
    [change, run],
  )

  const again = useCallback(() => {
    const { cart, placing } = change((now) => now)
    if (cart === null || placing === null || isRunning.current) return
    setStage('placing')
    run(cart, placing)
  }, [change, run])

  return { stage, isSlow, notPlaced, place, again }
}

interface Heard {
  onOrder: (order: PlacedOrder) => void
  whileWaiting: () => void
}

async function deliver(
  cart: string,
  { key, request, method }: Placing,
  { onOrder, whileWaiting }: Heard,
): Promise<NotPlaced | { kind: 'placed'; order: PlacedOrder; paymentVersion: number }> {
  try {
    const order = await placeOrder(cart, key, request, whileWaiting)
    onOrder(order)
    if (method === null) return { kind: 'placed', order, paymentVersion: 0 }
    const payable = { id: order.id, key: keyOf(order.link) }
    const started = await pay(payable, { key: crypto.randomUUID(), method }, whileWaiting)
    // However it ended, the order's page shows how, and tries again what was not answered.
    return { kind: 'placed', order, paymentVersion: started.at === 'started' ? started.paymentVersion : 0 }
  } catch (error) {
    return error instanceof ProblemError
      ? { kind: 'refused', problem: error.problem }
      : { kind: 'unanswered' }
  }
}

/** The same request again goes under the same key. Another one is another command: a cart becomes one order at most. */
function keyFor(before: Placing | null, request: CheckoutRequest): string {
  return before !== null && JSON.stringify(before.request) === JSON.stringify(request)
    ? before.key
    : crypto.randomUUID()
}
