import type { OrderDocument } from '../../api/types'
import { trackingPage } from '../../components/carriers'
import { When } from '../../components/When'
import styles from './Shipments.module.css'

/** The parcels, with what is in each and by which number it can be followed. */
export function Shipments({ order: { shipments, lines } }: { order: OrderDocument }) {
  if (shipments.length === 0) return null
  const nameOf = (sku: string) => lines.find((line) => line.sku === sku)?.name ?? sku
  return (
    <section className={styles.shipments} aria-labelledby="parcels">
      <h2 id="parcels">{shipments.length === 1 ? 'The parcel' : `${shipments.length} parcels`}</h2>
      <ol>
        {shipments.map(({ id, lines: inside, carrier, tracking, shipped_at, delivered_at }) => (
          <li key={id}>
            <p className={styles.head}>
              <span>{carrier}</span>
              <span className={styles.state}>
                {delivered_at === null ? 'Sent ' : 'Delivered '}
                <When at={delivered_at ?? shipped_at} />
              </span>
            </p>
            {tracking !== null && (
              <p>
                Tracking number <Tracking carrier={carrier} number={tracking} />
              </p>
            )}
            <p className={styles.inside}>
              {inside.map(({ sku, quantity }) => `${quantity} × ${nameOf(sku)}`).join(', ')}
            </p>
          </li>
        ))}
      </ol>
    </section>
  )
}

/** Leads to the carrier's page where there is one for such a number. */
function Tracking({ carrier, number }: { carrier: string; number: string }) {
  const page = trackingPage(carrier, number)
  if (page === null) return <span className={styles.tracking}>{number}</span>
  return (
    <a href={page} target="_blank" rel="noopener noreferrer" className={styles.tracking}>
      {number}
      <span className="visually-hidden"> at {carrier} (opens in a new tab)</span>
    </a>
  )
}
