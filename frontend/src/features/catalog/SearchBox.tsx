// Search as you type, from any page: the first letters lead to the catalogue, the following ones refine it in place. New
// words search the whole shop; filters are chosen afterwards.
// Put into the header and the catalogue by app/Header.tsx and CataloguePage.tsx.
import { useEffect, useId, useRef, useState } from 'react'
import { useLocation, useNavigate } from 'react-router'
import { filtersToParams, isNarrowed, noFilters, parseFilters, searchedFor } from './filters'
import styles from './SearchBox.module.css'

const TYPING_PAUSE_MS = 150

export function SearchBox({ takesFocus = false }: { takesFocus?: boolean }) {
  const id = useId()
  const location = useLocation()
  const navigate = useNavigate()
  const field = useRef<HTMLInputElement>(null)
  const typing = useRef<ReturnType<typeof setTimeout>>(undefined)
  const inCatalogue = location.pathname === '/shop'
  const searched = inCatalogue ? parseFilters(new URLSearchParams(location.search)).q : ''
  const [text, setText] = useState(searched)
  const [followed, setFollowed] = useState(searched)

  // Back, Forward and "clear" change the address: the field follows, but never while somebody types in it.
  if (followed !== searched) {
    setFollowed(searched)
    if (searched.trim() !== text.trim()) setText(searched)
  }

  useEffect(() => {
    if (takesFocus) field.current?.focus()
  }, [takesFocus])
  useEffect(() => () => clearTimeout(typing.current), [])

  const look = (q: string) => {
    clearTimeout(typing.current)
    if (q.trim() === searched.trim()) return
    const filters = inCatalogue ? parseFilters(new URLSearchParams(location.search)) : noFilters
    const params = filtersToParams(searchedFor(filters, q))
    void navigate(`/shop${params.size === 0 ? '' : `?${params}`}`, {
      // Back leads to the list with the filters that the words dropped.
      replace: inCatalogue && !isNarrowed(filters),
      state: { keepFocus: true },
    })
  }

  // The pause may end on another page than it began on: the first letters of a fast typist have led to the catalogue by then.
  const lookNow = useRef(look)
  useEffect(() => {
    lookNow.current = look
  })

  return (
    <form
      role="search"
      className={styles.search}
      onSubmit={(event) => {
        event.preventDefault()
        look(text)
      }}
    >
      <label htmlFor={id} className="visually-hidden">
        Search the shop
      </label>
      <svg viewBox="0 0 20 20" className={styles.glass} aria-hidden="true">
        <circle cx="8.5" cy="8.5" r="5.5" />
        <path d="M12.7 12.7 17.5 17.5" />
      </svg>
      <input
        ref={field}
        id={id}
        type="search"
        name="q"
        value={text}
        placeholder="Search the shop"
        autoComplete="off"
        maxLength={100}
        className={styles.field}
        onChange={(event) => {
          const q = event.target.value
          setText(q)
          clearTimeout(typing.current)
          typing.current = setTimeout(() => lookNow.current(q), TYPING_PAUSE_MS)
        }}
      />
    </form>
  )
}
