// The triage board: requests by how far they are. A card is moved by dragging it or by its menu, with the same meaning; what
// people are told of is asked about before.
import { useState } from 'react'
import { Outlet, useOutletContext, useParams, useSearchParams } from 'react-router'
import type { ListedRequest, RequestKind } from '../../../api/types'
import { Confirm } from '../../../components/Confirm'
import { kindInWords, peopleInWords } from '../../../components/request/words'
import { Column } from './Column'
import { columns, type Move } from './columns'
import { DeclineSheet } from './DeclineSheet'
import { useBoardKeys } from './useBoardKeys'
import { useMoves } from './useMoves'
import styles from './Triage.module.css'

const kinds: RequestKind[] = ['missing_product', 'back_in_stock', 'quote']

/** A dialog that closes gives focus back first. */
const AFTER_DIALOG_MS = 80

interface Wish {
  request: ListedRequest
  name: string
  to: Exclude<Move, 'triaged'>
}

/** What the panel of one request has of the board. */
export interface Board {
  askToMove: (request: ListedRequest, name: string, to: Move) => void
  show: ReturnType<typeof useMoves>['show']
}

export function useBoard(): Board {
  return useOutletContext<Board>()
}

export function BoardPage() {
  const [params, setParams] = useSearchParams()
  const { moving, said, trouble, move, show, after } = useMoves()
  const [dragged, setDragged] = useState<ListedRequest | null>(null)
  const [wish, setWish] = useState<Wish | null>(null)
  const [now] = useState(() => Date.now())
  const board = useBoardKeys()
  const { id: opened } = useParams()
  const q = params.get('q') ?? ''
  const kind = kinds.find((known) => known === params.get('kind')) ?? null

  const set = (name: 'q' | 'kind', value: string) =>
    setParams(
      (before) => {
        const next = new URLSearchParams(before)
        if (value === '') next.delete(name)
        else next.set(name, value)
        return next
      },
      { replace: true },
    )
  /** The card is drawn anew in its column: whoever moved it goes on from there. */
  const moveAndFollow = (request: ListedRequest, name: string, to: Move, reason?: string) => {
    setWish(null)
    move(request, name, to, reason)
    if (opened !== undefined) return
    const card = () => board.current?.querySelector<HTMLElement>(`[data-card="${request.id}"]`)
    setTimeout(() => card()?.focus(), AFTER_DIALOG_MS)
  }
  const askToMove = (request: ListedRequest, name: string, to: Move) => {
    // Nobody is told that something was read.
    if (to === 'triaged') moveAndFollow(request, name, to)
    else setWish({ request, name, to })
  }

  return (
    <div className={styles.page}>
      <title>Requests · Staff</title>
      <h1>Requests</h1>
      <form
        role="search"
        className={styles.find}
        onSubmit={(event) => {
          event.preventDefault()
          set('q', String(new FormData(event.currentTarget).get('q') ?? '').trim())
        }}
      >
        <label>
          Words of the title <input key={q} name="q" type="search" defaultValue={q} autoComplete="off" />
        </label>
        <button type="submit" className="button">
          Find
        </button>
        <label>
          About{' '}
          <select value={kind ?? ''} onChange={(event) => set('kind', event.target.value)}>
            <option value="">Everything</option>
            {kinds.map((one) => (
              <option key={one} value={one}>
                {kindInWords(one)}
              </option>
            ))}
          </select>
        </label>
      </form>
      <p role="status" aria-label="Moves" className="visually-hidden">
        {said}
      </p>
      <div role="alert">{trouble !== null && <p className={styles.trouble}>{trouble}</p>}</div>
      <div
        ref={board}
        role="region"
        aria-label="Board"
        className={styles.board}
        data-dragging={dragged !== null}
      >
        {columns.map((column) => (
          <Column
            key={column.id}
            {...column}
            q={q}
            kind={kind}
            now={now}
            moving={moving}
            after={after}
            dragged={dragged}
            onDrag={setDragged}
            onMove={askToMove}
          />
        ))}
      </div>
      <Outlet context={{ askToMove, show } satisfies Board} />
      {wish !== null && wish.to === 'declined' && (
        <DeclineSheet
          name={wish.name}
          onClose={() => setWish(null)}
          onDecline={(reason) => moveAndFollow(wish.request, wish.name, 'declined', reason)}
        />
      )}
      {wish !== null && wish.to !== 'declined' && (
        <Confirm
          title={`“${wish.name}” is ${wish.to}?`}
          action={wish.to === 'planned' ? 'It is planned' : 'It is fulfilled'}
          instead="Cancel"
          onConfirm={() => moveAndFollow(wish.request, wish.name, wish.to)}
          onClose={() => setWish(null)}
        >
          <p>
            {wish.request.followers === 0
              ? 'Nobody follows it.'
              : `${peopleInWords(wish.request.followers)} ${wish.request.followers === 1 ? 'follows' : 'follow'} it, and will be told by e-mail.`}{' '}
            It cannot be moved back.
          </p>
        </Confirm>
      )}
    </div>
  )
}
