// Sends what is left of an order, or a part of it. Rendered by StaffOrderPage.tsx, anew for each version of the order.
import { useMemo, useState } from 'react'
import type { OrderDocument } from '../../api/types'
import { useCommand } from '../../api/useCommand'
import { Confirm } from '../../components/Confirm'
import { ErrorSummary } from '../../components/form/ErrorSummary'
import { TextField } from '../../components/form/TextField'
import { useForm, type Rule } from '../../components/form/useForm'
import { leftToRefund } from '../../components/orderMoney'
import { useAccess } from './access'
import { ship, type Parcel } from './api'
import styles from './Staff.module.css'

const MAX_LENGTH = 64

interface ShipFormProps {
  order: OrderDocument
  onDone: (version: number) => void
}

export function ShipForm({ order, onDone }: ShipFormProps) {
  const { canChange } = useAccess()
  const left = order.lines.filter(({ quantity, shipped }) => shipped < quantity)
  const canBeSent = order.state === 'confirmed' || order.state === 'partially-shipped'
  if (!canBeSent || left.length === 0) return null
  if (leftToRefund(order)?.minor === 0) {
    return <p className={styles.notice}>All of the money was given back, so nothing more is sent.</p>
  }
  return canChange ? <Form order={order} left={left} onDone={onDone} /> : null
}

function Form({ order, left, onDone }: ShipFormProps & { left: OrderDocument['lines'] }) {
  const [parcel, setParcel] = useState<Parcel | null>(null)
  const rules = useMemo(() => rulesFor(left), [left])
  const form = useForm<string>(
    {
      ...Object.fromEntries(left.map(({ sku, quantity, shipped }) => [sku, String(quantity - shipped)])),
      carrier: '',
      tracking: '',
    },
    { rules },
  )
  const [isNothing, setNothing] = useState(false)
  const sending = useCommand({
    send: (key, wanted: Parcel) => ship(order.id, key, wanted),
    onDone: ({ version }) => {
      setParcel(null)
      onDone(version)
    },
  })
  const inWords = (parcel?.lines ?? leftOf(left))
    .map(({ sku, quantity }) => `${quantity} × ${left.find((line) => line.sku === sku)?.name ?? sku}`)
    .join(', ')

  return (
    <section aria-labelledby="send">
      <h2 id="send">Send</h2>
      <form
        noValidate
        className={styles.form}
        onSubmit={form.onSubmit(({ carrier = '', tracking = '', ...quantities }) => {
          const lines = left.flatMap(({ sku }) => {
            const quantity = Number(quantities[sku] ?? 0)
            return quantity > 0 ? [{ sku, quantity }] : []
          })
          setNothing(lines.length === 0)
          if (lines.length === 0) return
          const isAll = JSON.stringify(lines) === JSON.stringify(leftOf(left))
          setParcel({ lines: isAll ? null : lines, carrier, tracking })
        })}
      >
        <ErrorSummary faults={form.faults} tries={form.tries} />
        <div role="alert">
          {isNothing && <p className={styles.trouble}>Put at least one thing into the parcel.</p>}
        </div>
        <div className={styles.fields}>
          {left.map(({ sku, name, quantity, shipped }) => (
            <TextField
              key={sku}
              {...form.field(sku)}
              label={name}
              hint={`of ${quantity - shipped} left`}
              inputMode="numeric"
              autoComplete="off"
            />
          ))}
        </div>
        <div className={styles.fields}>
          <TextField {...form.field('carrier')} label="Carrier" maxLength={MAX_LENGTH} autoComplete="off" />
          <TextField
            {...form.field('tracking')}
            label="Tracking number"
            maxLength={MAX_LENGTH}
            autoComplete="off"
            optional
          />
        </div>
        <button type="submit" className="button">
          Send the parcel
        </button>
      </form>
      {parcel !== null && (
        <Confirm
          title="Send this parcel?"
          action="It is on its way"
          instead="Not yet"
          isBusy={sending.isBusy}
          trouble={sending.trouble}
          onConfirm={() => sending.run(parcel)}
          onClose={() => {
            sending.forget()
            setParcel(null)
          }}
        >
          <p>
            {inWords}, with {parcel.carrier}
            {parcel.tracking === '' ? ', without a tracking number' : `, ${parcel.tracking}`}. The customer
            sees it at once. This cannot be taken back.
          </p>
        </Confirm>
      )}
    </section>
  )
}

function leftOf(left: OrderDocument['lines']): { sku: string; quantity: number }[] {
  return left.map(({ sku, quantity, shipped }) => ({ sku, quantity: quantity - shipped }))
}

function rulesFor(left: OrderDocument['lines']): Record<string, Rule> {
  const quantities = leftOf(left).map(({ sku, quantity }): [string, Rule] => [
    sku,
    (value) =>
      /^\d{1,6}$/.test(value) && Number(value) <= quantity
        ? null
        : `Between 0 and ${quantity} of this are left to send.`,
  ])
  return {
    ...Object.fromEntries(quantities),
    carrier: (value) => (value === '' ? 'Say who carries it.' : null),
  }
}
