// Something that is shown, into the clipboard; where the browser does not allow that, it is marked. Called by CreatedKey.tsx and
// by what shows secrets of second factors.
import { useState, type RefObject } from 'react'

interface Copying {
  copy: (text: string) => void
  said: string
  say: (words: string) => void
}

export function useCopy(shown: RefObject<HTMLElement | null>, otherwise: string): Copying {
  const [said, setSaid] = useState('')
  // A browser that is not asked over TLS has no clipboard at all.
  const write = async (text: string) => navigator.clipboard.writeText(text)
  const copy = (text: string) =>
    void write(text).then(
      () => setSaid('Copied.'),
      () => {
        if (shown.current !== null) window.getSelection()?.selectAllChildren(shown.current)
        setSaid(otherwise)
      },
    )
  return { copy, said, say: setSaid }
}
