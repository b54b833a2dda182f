// Requests of one column of the board, those that most people want first. Rendered by BoardPage.tsx.
import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useProducts } from '../../../api/products'
import type { ListedRequest, RequestKind, RequestState } from '../../../api/types'
import { requestName } from '../../../components/request/words'
import { useLeaveWhenForbidden } from '../useLeaveWhenForbidden'
import { columnQuery } from './api'
import { Card } from './Card'
import { moveInto, type ColumnId, type Move } from './columns'
import type { Moving } from './useMoves'
import styles from './Triage.module.css'

interface ColumnProps {
  id: ColumnId
  name: string
  states: RequestState[]
  q: string
  kind: RequestKind | null
  now: number
  moving: Moving[]
  after: () => string | null
  /** What is being dragged over the board. */
  dragged: ListedRequest | null
  onDrag: (request: ListedRequest | null) => void
  onMove: (request: ListedRequest, name: string, to: Move) => void
}

export function Column({
  id,
  name,
  states,
  q,
  kind,
  now,
  moving,
  after,
  dragged,
  onDrag,
  onMove,
}: ColumnProps) {
  const list = useInfiniteQuery(columnQuery({ states, q, kind }, after))
  useLeaveWhenForbidden(list.error)
  const [isOver, setOver] = useState(false)
  const listed = list.data?.pages.flatMap((page) => page.requests)
  const arriving = moving.filter(({ to }) => to === id).map(({ request }) => request)
  const staying = listed?.filter((request) => moving.every((other) => other.request.id !== request.id))
  const requests = staying === undefined ? undefined : [...arriving, ...staying]
  const total = (list.data?.pages[0]?.total ?? 0) + (requests?.length ?? 0) - (listed?.length ?? 0)
  const skus = (requests ?? []).flatMap(({ sku, title }) => (sku === null || title !== null ? [] : [sku]))
  const products = useProducts([...new Set(skus)].slice(0, 100))
  const nameOf = (request: ListedRequest) => requestName(request, products.get(request.sku ?? '')?.name)
  const into = dragged === null ? null : moveInto(id, dragged.state)

  return (
    // What is dragged here can be moved here by its menu as well.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <section
      aria-labelledby={`column-${id}`}
      className={styles.column}
      data-target={into !== null}
      data-over={into !== null && isOver}
      onDragOver={(event) => {
        if (into === null) return
        event.preventDefault()
        event.dataTransfer.dropEffect = 'move'
        setOver(true)
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        setOver(false)
        if (into === null || dragged === null) return
        event.preventDefault()
        onDrag(null)
        onMove(dragged, nameOf(dragged), into)
      }}
    >
      <h2 id={`column-${id}`}>
        {name} <span className={styles.soft}>{list.data === undefined ? '' : total}</span>
      </h2>
      {requests === undefined && list.isError && (
        <div role="alert" className={styles.trouble}>
          <p>These did not load.</p>
          <button type="button" className="text-button" onClick={() => void list.refetch()}>
            Try again<span className="visually-hidden">: {name}</span>
          </button>
        </div>
      )}
      {requests === undefined && !list.isError && (
        <div aria-busy="true" className={styles.cards}>
          {[1, 2].map((place) => (
            <div key={place} className={`skeleton ${styles.placeOfCard}`} />
          ))}
        </div>
      )}
      {requests?.length === 0 && <p className={styles.soft}>None.</p>}
      {requests !== undefined && requests.length > 0 && (
        <ul className={styles.cards}>
          {requests.map((request) => (
            <Card
              key={request.id}
              request={request}
              name={nameOf(request)}
              now={now}
              isMoving={arriving.includes(request)}
              onMove={(to) => onMove(request, nameOf(request), to)}
              onDrag={(isDragged) => onDrag(isDragged ? request : null)}
            />
          ))}
        </ul>
      )}
      {list.hasNextPage && (
        <button
          type="button"
          className="text-button"
          aria-disabled={list.isFetchingNextPage}
          onClick={() => void list.fetchNextPage()}
        >
          Show more<span className="visually-hidden"> of {name}</span>
        </button>
      )}
    </section>
  )
}
