import type { OrderDocument } from '../../api/types'
import { Price } from '../../components/Price'
import styles from './Staff.module.css'

/** What was ordered, and how much of it was sent. */
export function OrderLines({ order: { lines } }: { order: OrderDocument }) {
  return (
    <table className={styles.table}>
      <caption className="visually-hidden">What was ordered</caption>
      <thead>
        <tr>
          <th scope="col">Item</th>
          <th scope="col" className={`${styles.number} ${styles.wide}`}>
            Each
          </th>
          <th scope="col" className={styles.number}>
            Ordered
          </th>
          <th scope="col" className={styles.number}>
            Sent
          </th>
          <th scope="col" className={styles.number}>
            Sum
          </th>
        </tr>
      </thead>
      <tbody>
        {lines.map(({ sku, name, unit_price, quantity, shipped, line_total }) => (
          <tr key={sku}>
            <th scope="row">
              {name} <span className={styles.soft}>{sku}</span>
            </th>
            <td className={`${styles.number} ${styles.wide}`}>
              <Price money={unit_price} />
            </td>
            <td className={styles.number}>{quantity}</td>
            <td className={styles.number}>{shipped}</td>
            <td className={styles.number}>
              <Price money={line_total} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
