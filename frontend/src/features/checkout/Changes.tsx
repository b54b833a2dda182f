// What changed since the cart was filled, as a list to be agreed to before anything is paid.
import { inWords } from '../../api/problem'
import { Price } from '../../components/Price'
import { needsChange, type Difference } from './differences'
import styles from './Changes.module.css'

interface ChangesProps {
  differences: Difference[]
  isBusy: boolean
  onAgree: () => void
}

export function Changes({ differences, isBusy, onAgree }: ChangesProps) {
  const changesCart = differences.some(needsChange)
  return (
    <section className={styles.changes} aria-labelledby="changes" role="alert">
      <h2 id="changes" className={styles.title}>
        Something changed since you filled your cart
      </h2>
      <ul className={styles.list}>
        {differences.map((difference) => (
          <li key={`${difference.kind}-${'sku' in difference ? difference.sku : ''}`}>
            <InWords difference={difference} />
          </li>
        ))}
      </ul>
      <button type="button" className="button" aria-disabled={isBusy} onClick={() => !isBusy && onAgree()}>
        {changesCart ? 'Change my order to this' : 'Continue with the new total'}
      </button>
    </section>
  )
}

function InWords({ difference }: { difference: Difference }) {
  switch (difference.kind) {
    case 'price':
      return (
        <>
          {difference.name}: <Price money={difference.before} /> → <Price money={difference.now} />
        </>
      )
    case 'short':
      return difference.available === 0 ? (
        <>{difference.name}: none left</>
      ) : (
        <>
          {difference.name}: only {difference.available} left, you wanted {difference.wanted}
        </>
      )
    case 'gone':
      return <>{difference.name}: no longer sold</>
    case 'code':
      return <>{inWords(difference)}</>
    case 'total':
      return (
        <>
          Total: <Price money={difference.before} /> → <Price money={difference.now} />
        </>
      )
  }
}
