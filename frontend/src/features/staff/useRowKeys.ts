import { useEffect, useRef, type RefObject } from 'react'

/** Arrow keys, Home and End move between the rows' links; Enter follows one, as it does anyway. */
export function useRowKeys(): RefObject<HTMLTableSectionElement | null> {
  const rows = useRef<HTMLTableSectionElement>(null)

  useEffect(() => {
    const body = rows.current
    if (body === null) return
    const move = (event: KeyboardEvent) => {
      const links = [...body.querySelectorAll<HTMLAnchorElement>('th a')]
      const at = links.findIndex((link) => link === document.activeElement)
      const to = target(event.key, at, links.length)
      if (at === -1 || to === null) return
      event.preventDefault()
      links[to]?.focus()
    }
    body.addEventListener('keydown', move)
    return () => body.removeEventListener('keydown', move)
  }, [])

  return rows
}

function target(key: string, at: number, count: number): number | null {
  switch (key) {
    case 'ArrowDown':
      return Math.min(at + 1, count - 1)
    case 'ArrowUp':
      return Math.max(at - 1, 0)
    case 'Home':
      return 0
    case 'End':
      return count - 1
    default:
      return null
  }
}
