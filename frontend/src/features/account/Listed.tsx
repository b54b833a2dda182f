// A list of the account's that is asked for by itself: while it comes, when it does not, and when there is nothing in it.
// Called by the pages of this folder.
import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Trouble } from '../../components/Trouble'
import styles from './Account.module.css'

interface ListedProps<Item> {
  of: UseQueryResult<Item[]>
  /** What it is a list of: "Your addresses". */
  name: string
  empty?: ReactNode
  children: (item: Item) => ReactNode
}

export function Listed<Item>({ of, name, empty, children }: ListedProps<Item>) {
  const { data, isError, refetch } = of
  if (data === undefined && isError) {
    return (
      <Trouble title={`${name} did not load`} onRetry={() => void refetch()}>
        Nothing was changed.
      </Trouble>
    )
  }
  if (data === undefined) {
    return (
      <div aria-busy="true" className={styles.list}>
        <p className="visually-hidden" role="status">
          Loading {name.toLocaleLowerCase()}
        </p>
        {[1, 2].map((place) => (
          <div key={place} className={styles.entry}>
            <div className={`skeleton ${styles.place}`} />
          </div>
        ))}
      </div>
    )
  }
  if (data.length === 0) return <>{empty}</>
  return (
    <ul className={styles.list} aria-label={name}>
      {data.map(children)}
    </ul>
  )
}
