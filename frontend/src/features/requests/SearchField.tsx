// Search as you type among the requests. Rendered by RequestsPage.tsx.
import { useEffect, useId, useRef, useState } from 'react'
import formStyles from '../../components/form/Form.module.css'

const TYPING_PAUSE_MS = 200

interface SearchFieldProps {
  /** As the address has it. */
  value: string
  onChange: (q: string) => void
}

export function SearchField({ value, onChange }: SearchFieldProps) {
  const id = useId()
  const [text, setText] = useState(value)
  const [followed, setFollowed] = useState(value)
  const typing = useRef<ReturnType<typeof setTimeout>>(undefined)

  // Back, Forward and "show every request" change the address: the field follows, but never while somebody types in it.
  if (followed !== value) {
    setFollowed(value)
    if (value.trim() !== text.trim()) setText(value)
  }
  useEffect(() => () => clearTimeout(typing.current), [])

  return (
    <form
      role="search"
      className={formStyles.field}
      onSubmit={(event) => {
        event.preventDefault()
        clearTimeout(typing.current)
        onChange(text)
      }}
    >
      <label htmlFor={id} className={formStyles.label}>
        Search requests
      </label>
      <input
        id={id}
        type="search"
        name="q"
        value={text}
        autoComplete="off"
        maxLength={100}
        className={formStyles.input}
        onChange={(event) => {
          const q = event.target.value
          setText(q)
          clearTimeout(typing.current)
          typing.current = setTimeout(() => onChange(q), TYPING_PAUSE_MS)
        }}
      />
    </form>
  )
}
