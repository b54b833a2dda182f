// Sends what is left of an order, or a part of it; for some seconds that can be taken back. Rendered by StaffOrderPage.tsx.
import { useMemo, useState } from 'react'
import type { OrderDocument } from '../../api/types'
import { ErrorSummary } from '../../components/form/ErrorSummary'
import { TextField } from '../../components/form/TextField'
import { useForm, type Rule } from '../../components/form/useForm'
import { leftToRefund } from '../../components/orderMoney'
import { orderNumber } from '../../components/orderWords'
import { useAccess } from './access'
import { underway, useDeeds } from './deeds/useDeeds'
import styles from './Staff.module.css'

const MAX_LENGTH = 64
/** Of a quantity that nobody touched: all that is left, however much that is by now. */
const ALL = 'all'

interface Left {
  sku: string
  name: string
  quantity: number
}

export function ShipForm({ order }: { order: OrderDocument }) {
  const { canChange } = useAccess()
  const { list } = useDeeds()
  const canBeSent = order.state === 'confirmed' || order.state === 'partially-shipped'
  const isLeft = order.lines.some(({ quantity, shipped }) => shipped < quantity)
  if (!canBeSent || !isLeft) return null
  if (leftToRefund(order)?.minor === 0) {
    return <p className={styles.notice}>All of the money was given back, so nothing more is sent.</p>
  }
  return canChange ? <Form order={order} left={leftOf(order, underway(list, order.id))} /> : null
}

/** What is neither sent nor about to be. */
function leftOf({ lines }: OrderDocument, deeds: ReturnType<typeof underway>): Left[] {
  const sent = new Map<string, number>()
  for (const { wish } of deeds) {
    if (wish.kind !== 'shipment') continue
    for (const { sku, quantity } of wish.lines) sent.set(sku, (sent.get(sku) ?? 0) + quantity)
  }
  return lines
    .map(({ sku, name, quantity, shipped }) => ({
      sku,
      name,
      quantity: quantity - shipped - (sent.get(sku) ?? 0),
    }))
    .filter(({ quantity }) => quantity > 0)
}

function Form({ order, left }: { order: OrderDocument; left: Left[] }) {
  const { deeds } = useDeeds()
  const rules = useMemo(() => rulesFor(left), [left])
  // All lines, also those that are not left: a parcel that is taken back brings its own again.
  const form = useForm<string>(
    {
      ...Object.fromEntries(order.lines.map(({ sku }) => [sku, ALL])),
      carrier: '',
      tracking: '',
    },
    { rules },
  )
  const [isNothing, setNothing] = useState(false)

  const send = (typed: Record<string, string>) => {
    const lines = left.flatMap(({ sku, quantity: most }) => {
      const quantity = typed[sku] === ALL ? most : Number(typed[sku])
      return quantity > 0 ? [{ sku, quantity }] : []
    })
    setNothing(lines.length === 0)
    if (lines.length === 0) return
    const { carrier = '', tracking = '' } = typed
    deeds?.add(
      { kind: 'shipment', order: order.id, lines, carrier, tracking },
      `Parcel with ${carrier}${tracking === '' ? '' : ` ${tracking}`} of order ${orderNumber(order.id)} sent`,
      () => {
        for (const [name, value] of Object.entries(typed)) form.set(name, value)
      },
    )
    for (const name of Object.keys(typed)) {
      form.set(name, name === 'carrier' || name === 'tracking' ? '' : ALL)
    }
  }

  if (left.length === 0) return null
  return (
    <section aria-labelledby="send">
      <h2 id="send">Send</h2>
      <form noValidate className={styles.form} onSubmit={form.onSubmit(send)}>
        <ErrorSummary faults={form.faults} tries={form.tries} />
        <div role="alert">
          {isNothing && <p className={styles.trouble}>Put at least one item into the parcel.</p>}
        </div>
        <div className={styles.fields}>
          {left.map(({ sku, name, quantity }) => {
            const field = form.field(sku)
            return (
              <TextField
                key={sku}
                {...field}
                value={field.value === ALL ? String(quantity) : field.value}
                label={name}
                hint={`of ${quantity} left`}
                inputMode="numeric"
                autoComplete="off"
              />
            )
          })}
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
          Send parcel
        </button>
      </form>
    </section>
  )
}

function rulesFor(left: Left[]): Record<string, Rule> {
  const quantities = left.map(({ sku, quantity }): [string, Rule] => [
    sku,
    (value) =>
      value === ALL || (/^\d{1,6}$/.test(value) && Number(value) <= quantity)
        ? null
        : `Between 0 and ${quantity} of this are left to send.`,
  ])
  return {
    ...Object.fromEntries(quantities),
    carrier: (value) => (value === '' ? 'Enter the carrier, such as DHL.' : null),
  }
}
