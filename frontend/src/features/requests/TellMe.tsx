// "Tell me when it's back", in place of buying what is sold out. Handed to the product page by app/routes.tsx, and loaded for
// what is sold out alone.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { Link } from 'react-router'
import type { Problem } from '../../api/problem'
import { useSession } from '../../api/session'
import type { Product } from '../../api/types'
import { useCommand } from '../../api/useCommand'
import { signInLink } from '../../components/signingIn'
import { submit, unfollow, waitingQuery } from './api'
import { useShow } from './useShow'
import { keepWish, takeWish } from './wish'
import { whyRefused } from './words'
import styles from './TellMe.module.css'

export default function TellMe({ product: { sku, name } }: { product: Product }) {
  const client = useQueryClient()
  const session = useSession()
  const hasAccount = (session?.account ?? null) !== null
  const waiting = useQuery({ ...waitingQuery(sku), enabled: hasAccount })
  const request = waiting.data ?? null
  const show = useShow()
  const heard = (id: string, version: number) =>
    show(id, version).then(() => {
      // The first who waits for it: until then there was no request to show.
      if (request === null) void waiting.refetch()
    })
  const asking = useCommand({
    send: (key) => submit(key, { kind: 'back_in_stock', sku }),
    onDone: ({ id, version }) => void heard(id, version),
    inWords: (problem: Problem) => {
      if (problem.slug === 'request-in-stock') {
        void client.invalidateQueries({ queryKey: ['products', 'one', sku] })
      }
      return whyRefused(problem)
    },
  })
  const leaving = useCommand({
    send: (key, id: string) => unfollow(key, id),
    onDone: ({ id, version }) => void heard(id, version),
    inWords: whyRefused,
  })
  const isTold = request?.you?.follows === true
  const isBusy = asking.isBusy || leaving.isBusy

  // A guest pressed it and had to sign in first.
  const { run } = asking
  useEffect(() => {
    if (hasAccount && takeWish(`wait for ${sku}`)) run(undefined)
    // Once, when it is known who is there.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [hasAccount, sku])

  const trouble = asking.trouble ?? leaving.trouble
  return (
    <section className={styles.panel} aria-label="Back-in-stock alert">
      {session === null || (hasAccount && waiting.isPending) ? (
        <div className={`skeleton ${styles.place}`} aria-busy="true" />
      ) : !hasAccount ? (
        <>
          <Link
            {...signInLink(`/products/${sku}`, `be told when ${name} is back`)}
            className={`button ${styles.tell}`}
            onClick={() => keepWish(`wait for ${sku}`)}
          >
            Tell me when it’s back
          </Link>
          <p className={styles.soft}>We’ll e-mail you. You need to sign in first.</p>
        </>
      ) : isTold ? (
        <>
          <p role="status" className={styles.told}>
            We’ll tell you when it is back.
          </p>
          <p className={styles.soft}>
            In your inbox here, and by e-mail once your address is confirmed. We don’t reserve any for you.
          </p>
          <button
            type="button"
            className="text-button"
            aria-disabled={isBusy}
            onClick={() => request !== null && leaving.run(request.id)}
          >
            Undo<span className="visually-hidden">: no alert for {name}</span>
          </button>
        </>
      ) : (
        <>
          <button
            type="button"
            className={`button ${styles.tell}`}
            aria-disabled={isBusy}
            onClick={() => asking.run(undefined)}
          >
            {isBusy ? 'One moment' : 'Tell me when it’s back'}
          </button>
          <p className={styles.soft}>In your inbox here, and by e-mail once your address is confirmed.</p>
        </>
      )}
      <div role="alert">{trouble !== null && <p className={styles.trouble}>{trouble}</p>}</div>
    </section>
  )
}
