// What the shopper can still do with an order: cancel it before it is sent, ask to send it back after. Rendered by
// OrderPage.tsx.
import { useState } from 'react'
import type { OrderDocument } from '../../api/types'
import { useCommand } from '../../api/useCommand'
import { Confirm } from '../../components/Confirm'
import { formatMoney } from '../../components/money'
import { returnReasonInWords } from '../../components/orderWords'
import { cancelOrder, type OrderLink } from './api'
import { canBeCancelled, canBeReturned } from './phase'
import { ReturnForm } from './ReturnForm'
import styles from './OrderActions.module.css'

interface OrderActionsProps {
  link: OrderLink
  order: OrderDocument
  /** The order has this version now. */
  onDone: (version: number) => void
}

export function OrderActions({ link, order, onDone }: OrderActionsProps) {
  const [asking, setAsking] = useState<'cancel' | 'return' | null>(null)
  const cancelling = useCommand({
    send: (key) => cancelOrder(link, key),
    onDone: ({ version }) => {
      setAsking(null)
      onDone(version)
    },
  })
  const asked = order.return
  if (asked === null && !canBeCancelled(order) && !canBeReturned(order)) return null
  return (
    <section className={styles.actions} aria-label="What you can do">
      <div role="status">{asked !== null && <p>{returnInWords(asked, canBeReturned(order))}</p>}</div>
      {canBeCancelled(order) && (
        <button type="button" className="text-button" onClick={() => setAsking('cancel')}>
          Cancel this order
        </button>
      )}
      {canBeReturned(order) && asking !== 'return' && (
        <button type="button" className="text-button" onClick={() => setAsking('return')}>
          Send something back
        </button>
      )}
      {canBeReturned(order) && asking === 'return' && (
        <ReturnForm
          link={link}
          onClose={() => setAsking(null)}
          onDone={(version) => {
            setAsking(null)
            onDone(version)
          }}
        />
      )}
      {asking === 'cancel' && (
        <Confirm
          title="Cancel this order?"
          action="Cancel the order"
          instead="Keep it"
          isBusy={cancelling.isBusy}
          trouble={cancelling.trouble}
          onConfirm={() => cancelling.run(undefined)}
          onClose={() => {
            cancelling.forget()
            setAsking(null)
          }}
        >
          <p>
            {order.state === 'confirmed'
              ? `${formatMoney(order.totals.total)} go back to your card. That can take a few days.`
              : 'You have not been charged, and will not be. Your items are no longer reserved; they go back into your cart.'}
          </p>
        </Confirm>
      )}
    </section>
  )
}

function returnInWords({ state, reason }: NonNullable<OrderDocument['return']>, again: boolean): string {
  const why = `“${returnReasonInWords(reason)}”`
  switch (state) {
    case 'requested':
      return `You asked to send something back: ${why}. We will reply here.`
    case 'accepted':
      return 'Your return is accepted, and your money is on its way back to your card.'
    case 'declined':
      return `We could not accept your return (${why}).${again ? ' You may ask once more, with another reason.' : ''}`
  }
}
