import type { OrderDocument } from '../../api/types'
import { When } from '../../components/When'
import { Act } from './Act'
import { deliver } from './api'
import styles from './Staff.module.css'

interface ParcelsProps {
  order: OrderDocument
  onDone: (version: number) => void
}

/** What was sent, and which of it has arrived. */
export function Parcels({ order: { id: order, shipments, lines }, onDone }: ParcelsProps) {
  if (shipments.length === 0) return null
  const nameOf = (sku: string) => lines.find((line) => line.sku === sku)?.name ?? sku
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
            <p className={styles.soft}>
              {inside.map(({ sku, quantity }) => `${quantity} × ${nameOf(sku)}`).join(', ')}
            </p>
            {delivered_at === null ? (
              <Act
                label="Mark as delivered"
                of={`, parcel ${place + 1}`}
                title="Has this parcel arrived?"
                action="It has arrived"
                instead="Not yet"
                send={(key) => deliver(order, key, id)}
                onDone={({ version }) => onDone(version)}
              >
                <p>The customer sees it at once. This cannot be taken back.</p>
              </Act>
            ) : (
              <p>
                Delivered <When at={delivered_at} time />
              </p>
            )}
          </li>
        ))}
      </ol>
    </section>
  )
}
