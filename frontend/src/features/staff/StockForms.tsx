// Receives stock, and adjusts it to what was counted. Rendered by StockPage.tsx.
import { useState } from 'react'
import type { Stock } from '../../api/types'
import { useCommand } from '../../api/useCommand'
import { Confirm } from '../../components/Confirm'
import { ErrorSummary } from '../../components/form/ErrorSummary'
import { SelectField } from '../../components/form/SelectField'
import { TextField } from '../../components/form/TextField'
import { useForm, type Rule } from '../../components/form/useForm'
import { adjust, receive } from './api'
import { adjustmentReasons, countOf, type AdjustmentReason } from './words'
import styles from './Staff.module.css'

interface StockFormsProps {
  stock: Stock
  onDone: () => void
}

export function StockForms({ stock, onDone }: StockFormsProps) {
  return (
    <div className={styles.stack}>
      <Receive stock={stock} onDone={onDone} />
      <Adjust stock={stock} onDone={onDone} />
    </div>
  )
}

const receiveRules: { quantity: Rule } = {
  quantity: (value) => (countOf(value) === null ? 'A whole number of at least 1.' : null),
}

function Receive({ stock: { sku, on_hand }, onDone }: StockFormsProps) {
  const form = useForm({ quantity: '' }, { rules: receiveRules })
  const [wanted, setWanted] = useState<number | null>(null)
  const [said, setSaid] = useState('')
  const receiving = useCommand({
    send: (key, quantity: number) => receive(key, sku, quantity),
    onDone: () => {
      setSaid(`${wanted ?? 0} received.`)
      setWanted(null)
      form.set('quantity', '')
      onDone()
    },
  })
  return (
    <section aria-labelledby="receive">
      <h2 id="receive">Receive stock</h2>
      <form
        noValidate
        className={styles.form}
        onSubmit={form.onSubmit(({ quantity }) => setWanted(countOf(quantity)))}
      >
        <p role="status">{said}</p>
        <ErrorSummary faults={form.faults} tries={form.tries} />
        <div className={styles.fields}>
          <TextField {...form.field('quantity')} label="Units" inputMode="numeric" autoComplete="off" />
        </div>
        <button type="submit" className="button">
          Receive
        </button>
      </form>
      {wanted !== null && (
        <Confirm
          title={`Receive ${wanted} of ${sku}?`}
          action={`Receive ${wanted}`}
          instead="Not yet"
          isBusy={receiving.isBusy}
          trouble={receiving.trouble}
          onConfirm={() => receiving.run(wanted)}
          onClose={() => {
            receiving.forget()
            setWanted(null)
          }}
        >
          <p>There are {on_hand} on hand now. You can correct a mistake with an adjustment.</p>
        </Confirm>
      )}
    </section>
  )
}

const adjustRules: { delta: Rule } = {
  delta: (value) => (deltaOf(value) === null ? 'A whole number, up or down, such as 3 or -2.' : null),
}

function Adjust({ stock: { sku, on_hand, reserved }, onDone }: StockFormsProps) {
  const form = useForm({ delta: '', reason: 'counted' }, { rules: adjustRules })
  const [wanted, setWanted] = useState<{ delta: number; reason: AdjustmentReason } | null>(null)
  const [said, setSaid] = useState('')
  const adjusting = useCommand({
    send: (key, change: { delta: number; reason: AdjustmentReason }) => adjust(key, sku, change),
    onDone: () => {
      setSaid('Adjusted.')
      setWanted(null)
      form.set('delta', '')
      onDone()
    },
  })
  return (
    <section aria-labelledby="adjust">
      <h2 id="adjust">Adjust stock</h2>
      <form
        noValidate
        className={styles.form}
        onSubmit={form.onSubmit(({ delta, reason }) => {
          const change = deltaOf(delta)
          const known = adjustmentReasons.find(({ value }) => value === reason)
          if (change !== null && known !== undefined) setWanted({ delta: change, reason: known.value })
        })}
      >
        <p role="status">{said}</p>
        <ErrorSummary faults={form.faults} tries={form.tries} />
        <div className={styles.fields}>
          <TextField
            {...form.field('delta')}
            label="Change by"
            hint="For example 3 or -2"
            autoComplete="off"
          />
          <SelectField {...form.field('reason')} label="Reason" options={adjustmentReasons} />
        </div>
        <button type="submit" className="button">
          Adjust
        </button>
      </form>
      {wanted !== null && (
        <Confirm
          title={`Adjust ${sku} by ${signed(wanted.delta)}?`}
          action={`Adjust by ${signed(wanted.delta)}`}
          instead="Cancel"
          isBusy={adjusting.isBusy}
          trouble={adjusting.trouble}
          onConfirm={() => adjusting.run(wanted)}
          onClose={() => {
            adjusting.forget()
            setWanted(null)
          }}
        >
          <p>
            There are {on_hand} on hand now, {reserved} of them reserved; {on_hand + wanted.delta} after it.
            The opposite adjustment undoes it.
          </p>
        </Confirm>
      )}
    </section>
  )
}

function deltaOf(typed: string): number | null {
  const match = /^[+-]?\d{1,9}$/.exec(typed.trim().replace('−', '-'))
  const delta = match === null ? 0 : Number(match[0])
  return delta === 0 ? null : delta
}

function signed(delta: number): string {
  return delta > 0 ? `+${delta}` : String(delta)
}
