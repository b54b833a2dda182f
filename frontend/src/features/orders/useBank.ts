// Sends the shopper to the bank: by itself right after Pay, and whenever the button is pressed. Called by OrderPage.tsx.
import { useEffect, useRef, useState } from 'react'
import { useNavigate } from 'react-router'
import { checkPayment, paymentAction, type OrderLink } from './api'
import { bankAddress, rememberSentToBank, wasSentToBank } from './bank'

/** How long somebody who is back from the bank waits for its word before being sent there again is offered. */
const BANK_TAKES_MS = 15_000

interface Bank {
  trouble: string | null
  go: () => void
}

export function useBank(link: OrderLink, askedBy: string | null, retry: () => void): Bank {
  const navigate = useNavigate()
  const [trouble, setTrouble] = useState<string | null>(null)

  const go = () => {
    setTrouble(null)
    paymentAction(link).then(
      (url) => {
        const bank = url === null ? null : bankAddress(url)
        if (bank === null) retry()
        else if ('within' in bank) void navigate(bank.within)
        else window.location.assign(bank.outside)
      },
      () =>
        setTrouble('Your bank’s page cannot be opened at the moment. Nothing was charged. Please try again.'),
    )
  }
  const goNow = useRef(go)
  useEffect(() => {
    goNow.current = go
  })
  // `askedBy` is the attempt for which Pay was pressed on this way here.
  useEffect(() => {
    if (askedBy === null || wasSentToBank(askedBy)) return
    rememberSentToBank(askedBy)
    goNow.current()
  }, [askedBy])

  return { trouble, go }
}

/** Whether the shopper has just come back from the bank, of which the shop then is told at once. */
export function useBackFromBank(returned: boolean, { id, key }: OrderLink, retry: () => void): boolean {
  const [hasWaited, setWaited] = useState(false)
  const retryNow = useRef(retry)
  useEffect(() => {
    retryNow.current = retry
  })

  useEffect(() => {
    if (!returned) return
    // Should this be lost, the bank tells the shop itself.
    checkPayment({ id, key }).then(
      () => retryNow.current(),
      () => {},
    )
    const timer = setTimeout(() => setWaited(true), BANK_TAKES_MS)
    return () => clearTimeout(timer)
  }, [returned, id, key])

  return returned && !hasWaited
}
