// Pays back what was captured, all of it or a part. Rendered by StaffOrderPage.tsx, anew for each version of the payment.
import { useMemo, useState } from 'react'
import type { Money, OrderDocument } from '../../api/types'
import { useCommand } from '../../api/useCommand'
import { Confirm } from '../../components/Confirm'
import { ErrorSummary } from '../../components/form/ErrorSummary'
import { TextField } from '../../components/form/TextField'
import { useForm, type Rule } from '../../components/form/useForm'
import { formatMoney } from '../../components/money'
import { leftToRefund } from '../../components/orderMoney'
import { useAccess } from './access'
import { refund } from './api'
import { amountOf } from './words'
import styles from './Staff.module.css'

interface RefundFormProps {
  order: OrderDocument
  /** The payment has this version now. */
  onDone: (paymentVersion: number) => void
}

export function RefundForm({ order, onDone }: RefundFormProps) {
  const { canChange } = useAccess()
  const left = leftToRefund(order)
  return (
    <>
      <Refunds order={order} />
      {canChange && left !== null && left.minor > 0 && <Form order={order} left={left} onDone={onDone} />}
    </>
  )
}

function Form({ order, left, onDone }: RefundFormProps & { left: Money }) {
  const { minor: most, currency } = left
  /** Null is all that is left. */
  const [asked, setAsked] = useState<{ amount: Money | null } | null>(null)
  const rules = useMemo(
    (): { amount: Rule } => ({
      amount: (value) => {
        const amount = amountOf(value, currency)
        return amount !== null && amount.minor <= most
          ? null
          : `An amount of at most ${formatMoney({ minor: most, currency })}, such as 12.50.`
      },
    }),
    [most, currency],
  )
  const form = useForm({ amount: '' }, { rules })
  const refunding = useCommand({
    send: (key, { amount }: { amount: Money | null }) => refund(order.id, key, amount),
    onDone: ({ version }) => {
      setAsked(null)
      form.set('amount', '')
      onDone(version)
    },
  })
  return (
    <section aria-labelledby="refund">
      <h2 id="refund">Refund</h2>
      <form
        noValidate
        className={styles.form}
        onSubmit={form.onSubmit(({ amount }) => setAsked({ amount: amountOf(amount, currency) }))}
      >
        <ErrorSummary faults={form.faults} tries={form.tries} />
        <div className={styles.fields}>
          <TextField
            {...form.field('amount')}
            label={`Amount in ${currency}`}
            hint={`${formatMoney(left)} left`}
            inputMode="decimal"
            autoComplete="off"
          />
        </div>
        <div className={styles.buttons}>
          <button type="submit" className="button">
            Partial refund
          </button>
          <button type="button" className="button" onClick={() => setAsked({ amount: null })}>
            Refund all of {formatMoney(left)}
          </button>
        </div>
      </form>
      {asked !== null && (
        <Confirm
          title={`Refund ${formatMoney(asked.amount ?? left)}?`}
          action={`Refund ${formatMoney(asked.amount ?? left)}`}
          instead="Cancel"
          isBusy={refunding.isBusy}
          trouble={refunding.trouble}
          onConfirm={() => refunding.run(asked)}
          onClose={() => {
            refunding.forget()
            setAsked(null)
          }}
        >
          <p>
            The money goes back to the customer’s card. This cannot be taken back.
            {order.return?.state === 'requested' && ' It also accepts the return.'}
            {endsOrder(order, asked.amount ?? left, left) &&
              ' Nothing of the order was sent, so that cancels it, and the items are in stock again.'}
          </p>
        </Confirm>
      )}
    </section>
  )
}

/** All is given back of what was not sent. */
function endsOrder({ state }: OrderDocument, amount: Money, left: Money): boolean {
  return state === 'confirmed' && amount.minor === left.minor
}

function Refunds({ order: { payment } }: { order: OrderDocument }) {
  if (payment.refunds.length === 0) return null
  return (
    <section aria-labelledby="refunds">
      <h2 id="refunds">Refunds</h2>
      <ul>
        {payment.refunds.map(({ id, amount, state, reason }) => (
          <li key={id}>
            {formatMoney(amount)}{' '}
            {state === 'refunded'
              ? 'refunded'
              : state === 'requested'
                ? 'on its way'
                : `failed${reason === null ? '' : `: ${reason}`}`}
          </li>
        ))}
      </ul>
    </section>
  )
}
