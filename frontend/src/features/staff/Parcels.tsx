import type { OrderDocument } from '../../api/types'
import { When } from '../../components/When'
import { useAccess } from './access'
import { underway, useDeeds } from './deeds/useDeeds'
import styles from './Staff.module.css'

/** What was sent, and which of it has arrived. What was said a moment ago counts already. */
export function Parcels({ order: { id: order, shipments, lines } }: { order: OrderDocument }) {
  const { canChange } = useAccess()
  const { deeds, list } = useDeeds()
  const wishes = underway(list, order).map(({ wish }) => wish)
  const sent = wishes.filter((wish) => wish.kind === 'shipment')
  const delivered = wishes.flatMap((wish) => (wish.kind === 'delivery' ? [wish.shipment] : []))
  if (shipments.length === 0 && sent.length === 0) return null
  const inWords = (inside: { sku: string; quantity: number }[]) =>
    inside
      .map(({ sku, quantity }) => `${quantity} × ${lines.find((line) => line.sku === sku)?.name ?? sku}`)
      .join(', ')
  return (
    <section aria-labelledby="parcels">
      <h2 id="parcels">Parcels</h2>
      <ol className={styles.parcels}>
        {shipments.map(({ id, lines: inside, carrier, tracking, shipped_at, delivered_at }, place) => (
          <li key={id}>
            <p>
              {carrier} {tracking ?? 'without a tracking number'}
              <span className={styles.soft}>
                {' '}
                · sent <When at={shipped_at} time />
              </span>
            </p>
            <p className={styles.soft}>{inWords(inside)}</p>
            {delivered_at !== null ? (
              <p>
                Delivered <When at={delivered_at} time />
              </p>
            ) : delivered.includes(id) ? (
              <p>Delivered</p>
            ) : (
              canChange && (
                <button
                  type="button"
                  className="text-button"
                  onClick={() =>
                    deeds?.add(
                      { kind: 'delivery', order, shipment: id },
                      `Parcel ${place + 1} marked as delivered`,
                    )
                  }
                >
                  Mark as delivered<span className="visually-hidden">, parcel {place + 1}</span>
                </button>
              )
            )}
          </li>
        ))}
        {sent.map(({ lines: inside, carrier, tracking }, place) => (
          <li key={`sent ${place}`}>
            <p>
              {carrier} {tracking === '' ? 'without a tracking number' : tracking}
              <span className={styles.soft}> · sent just now</span>
            </p>
            <p className={styles.soft}>{inWords(inside)}</p>
          </li>
        ))}
      </ol>
    </section>
  )
}
