// One request on the board: opened by its name, moved by its menu or by dragging it. Rendered by Column.tsx.
import { Button, Menu, MenuItem, MenuTrigger, Popover } from 'react-aria-components'
import { Link, useLocation } from 'react-router'
import type { ListedRequest } from '../../../api/types'
import { kindInWords, requestStateInWords } from '../../../components/request/words'
import { ageInWords, moveInWords, movesFrom, type Move } from './columns'
import styles from './Triage.module.css'
import { formatNumber } from '../../../components/locale'

interface CardProps {
  request: ListedRequest
  name: string
  /** Of the page, for ages. */
  now: number
  /** It is being moved at the moment. */
  isMoving: boolean
  onMove: (to: Move) => void
  onDrag: (isDragged: boolean) => void
}

export function Card({ request, name, now, isMoving, onMove, onDrag }: CardProps) {
  const { id, kind, state, supporters, comments, created_at, hidden } = request
  const { search } = useLocation()
  const moves = isMoving ? [] : movesFrom(state)
  const isQuote = kind === 'quote'
  return (
    // Dragging is a second way, for whoever has a pointer; the menu does the same for everybody.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <li
      className={styles.card}
      data-moving={isMoving}
      draggable={moves.length > 0}
      onDragStart={(event) => {
        event.dataTransfer.effectAllowed = 'move'
        event.dataTransfer.setData('text/plain', id)
        onDrag(true)
      }}
      onDragEnd={() => onDrag(false)}
    >
      <p className={styles.cardName}>
        {/* The link would be dragged instead of its card. */}
        <Link to={`/staff/requests/${id}${search}`} data-card={id} draggable={false}>
          {name}
        </Link>
      </p>
      <p className={styles.soft}>
        {kindInWords(kind)}
        {(state === 'renegotiating' || state === 'quote_declined' || state === 'quote_expired') &&
          ` · ${requestStateInWords(state)}`}
      </p>
      <p className={styles.facts}>
        {!isQuote && (
          <span>
            {formatNumber(supporters)} {supporters === 1 ? 'wants' : 'want'} it
          </span>
        )}
        {comments > 0 && <span>{comments === 1 ? '1 comment' : `${comments} comments`}</span>}
        <span>{ageInWords(created_at, now)}</span>
        {hidden && <span className={styles.mark}>Hidden</span>}
      </p>
      {moves.length > 0 && (
        <MenuTrigger>
          <Button className={styles.move ?? ''} aria-label={`Move ${name}`}>
            Move
          </Button>
          <Popover placement="bottom end" className={styles.menuPanel ?? ''}>
            <Menu
              aria-label={`Move ${name} to`}
              className={styles.menu ?? ''}
              onAction={(to) => onMove(to as Move)}
            >
              {moves.map((to) => (
                <MenuItem key={to} id={to} className={styles.menuItem ?? ''}>
                  {moveInWords(to)}
                </MenuItem>
              ))}
            </Menu>
          </Popover>
        </MenuTrigger>
      )}
    </li>
  )
}
