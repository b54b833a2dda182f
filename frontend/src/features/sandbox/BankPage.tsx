// The bank of the sandbox: what a shopper sees in 3-D Secure, with the two answers that there are. It is a page of this
// shop because the sandbox has no other place; the payment knows it only by its address.
import { useEffect, useRef, useState } from 'react'
import { useLocation, useNavigate, useParams } from 'react-router'
import { inWords, ProblemError } from '../../api/problem'
import { authenticate } from './api'
import styles from './BankPage.module.css'

export function BankPage() {
  const { reference = '' } = useParams()
  const { hash } = useLocation()
  const navigate = useNavigate()
  const heading = useRef<HTMLHeadingElement>(null)
  const [isBusy, setBusy] = useState(false)
  const [trouble, setTrouble] = useState<string | null>(null)
  const back = wayBack(new URLSearchParams(hash.slice(1)).get('return'))

  useEffect(() => heading.current?.focus(), [])

  const answer = (passed: boolean) => {
    if (isBusy) return
    setBusy(true)
    setTrouble(null)
    authenticate(reference, passed).then(
      () => void navigate(back, { replace: true }),
      (error: unknown) => {
        setBusy(false)
        setTrouble(
          error instanceof ProblemError
            ? inWords(error.problem)
            : 'The sandbox did not answer. Press again: it is done only once.',
        )
      },
    )
  }

  return (
    <main className={styles.bank}>
      <title>Sandbox bank</title>
      <div className={styles.card}>
        <p className={styles.mark}>Sandbox: no real bank, no real money</p>
        <h1 ref={heading} tabIndex={-1}>
          Is this payment yours?
        </h1>
        <p>
          A real bank would ask for a code or a fingerprint here. Choose the result to return to the shop.
        </p>
        <p className={styles.reference}>Payment {reference}</p>
        <div role="alert">{trouble !== null && <p className={styles.trouble}>{trouble}</p>}</div>
        <div className={styles.answers}>
          <button type="button" className="button" aria-disabled={isBusy} onClick={() => answer(true)}>
            Yes, confirm it
          </button>
          <button type="button" className="button" aria-disabled={isBusy} onClick={() => answer(false)}>
            No, let it fail
          </button>
        </div>
      </div>
    </main>
  )
}

/** Back to the order, under whichever name this shop was opened; never to another site. */
function wayBack(said: string | null): string {
  const address = said === null ? null : URL.parse(said, window.location.origin)
  return address !== null && address.pathname.startsWith('/orders/')
    ? `${address.pathname}${address.search}${address.hash}`
    : '/orders'
}
