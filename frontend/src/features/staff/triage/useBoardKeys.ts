import { useEffect, useRef, type RefObject } from 'react'

/** Arrow keys move between the cards of a column, and to the column beside it; Enter opens one, as it does anyway. */
export function useBoardKeys(): RefObject<HTMLDivElement | null> {
  const board = useRef<HTMLDivElement>(null)

  useEffect(() => {
    const box = board.current
    if (box === null) return
    const press = (event: KeyboardEvent) => {
      const columns = [...box.querySelectorAll('section')].map((column) => [
        ...column.querySelectorAll<HTMLAnchorElement>('a[data-card]'),
      ])
      const column = columns.findIndex((cards) => cards.some((card) => card === document.activeElement))
      const at = columns[column]?.findIndex((card) => card === document.activeElement) ?? -1
      const to = column === -1 ? undefined : target(event.key, columns, column, at)
      if (to === undefined) return
      event.preventDefault()
      to.focus()
    }
    box.addEventListener('keydown', press)
    return () => box.removeEventListener('keydown', press)
  }, [])
  return board
}

function target(
  key: string,
  columns: HTMLAnchorElement[][],
  column: number,
  at: number,
): HTMLAnchorElement | undefined {
  const near = (cards: HTMLAnchorElement[] | undefined) => cards?.[Math.min(at, cards.length - 1)]
  switch (key) {
    case 'ArrowDown':
      return columns[column]?.[at + 1]
    case 'ArrowUp':
      return columns[column]?.[at - 1]
    case 'ArrowRight':
      return near(columns.slice(column + 1).find((cards) => cards.length > 0))
    case 'ArrowLeft':
      return near(columns.slice(0, column).findLast((cards) => cards.length > 0))
    default:
      return undefined
  }
}
