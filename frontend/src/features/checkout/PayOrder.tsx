// Pays for an order that is there already: after a declined card, after a tab was closed, from the order's link. Handed to
// the order page by app/OrderRoute.tsx.
import { useCallback, useEffect, useRef, useState } from 'react'
import { inWords } from '../../api/problem'
import type { Money } from '../../api/types'
import { formatMoney } from '../../components/money'
import { CardForm } from './CardForm'
import { keptAttempt, type Attempt } from './kept'
import { pay } from './paying'
import { WHILE_OFFLINE } from './words'
import styles from './Step.module.css'

export interface PayOrderProps {
  order: string
  /** Of the order's link; null where the session is enough. */
  orderKey: string | null
  total: Money
  /** Something happened to the payment: of which version of it the order is to be shown, where that is known. */
  onStarted: (paymentVersion: number | null) => void
}

export function PayOrder({ order, orderKey, total, onStarted }: PayOrderProps) {
  const [isSending, setSending] = useState(() => keptAttempt(order) !== null)
  const [trouble, setTrouble] = useState<string | null>(null)
  const isRunning = useRef(false)
  const told = useRef(onStarted)
  useEffect(() => {
    told.current = onStarted
  })

  const send = useCallback(
    (attempt: Attempt) => {
      if (isRunning.current) return
      isRunning.current = true
      void pay({ id: order, key: orderKey }, attempt).then((started) => {
        isRunning.current = false
        setSending(false)
        switch (started.at) {
          case 'started':
            return told.current(started.paymentVersion)
          case 'refused':
            setTrouble(`Nothing was charged. ${inWords(started.problem)}`)
            return told.current(null)
          case 'unanswered':
            setTrouble(
              'The shop did not answer. Press Pay again when you are ready: it is never paid twice, whatever arrived.',
            )
        }
      })
    },
    [order, orderKey],
  )

  // A reload before the answer: the same attempt is sent again, under the same key.
  useEffect(() => {
    const attempt = keptAttempt(order)
    if (attempt !== null) send(attempt)
  }, [order, send])

  return (
    <div className={styles.group}>
      <p role="status" className={isSending ? undefined : 'visually-hidden'}>
        {isSending ? 'We are checking your payment. You may reload this page: nothing is paid twice.' : ''}
      </p>
      <div hidden={isSending}>
        <CardForm
          action={`Pay ${formatMoney(total)}`}
          before={<div role="alert">{trouble !== null && <p className={styles.trouble}>{trouble}</p>}</div>}
          isReady={!isSending}
          onMethod={(method) => {
            if (isSending) return
            if (!navigator.onLine) return setTrouble(WHILE_OFFLINE)
            setTrouble(null)
            setSending(true)
            const before = keptAttempt(order)
            send(before?.method === method ? before : { key: crypto.randomUUID(), method })
          }}
        />
      </div>
    </div>
  )
}
