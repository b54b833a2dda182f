// A button whose deed cannot be taken back: it asks before. Called by the pages of this folder.
import type { RefObject } from 'react'
import { AskedButton, type AskedButtonProps } from '../../components/AskedButton'
import { NOT_ANSWERED, whyRefused } from './words'

/** A dialog that closes gives focus back first. */
const AFTER_DIALOG_MS = 80

interface AskProps extends Omit<AskedButtonProps<void>, 'send' | 'onDone' | 'inWords' | 'unanswered'> {
  send: () => Promise<void>
  onDone?: () => void
  /** Where focus goes then, where the button goes with what it was about. */
  next?: RefObject<HTMLElement | null>
}

export function Ask({ send, onDone, next, ...question }: AskProps) {
  return (
    <AskedButton
      {...question}
      send={() => send()}
      onDone={() => {
        onDone?.()
        if (next !== undefined) setTimeout(() => next.current?.focus(), AFTER_DIALOG_MS)
      }}
      inWords={whyRefused}
      unanswered={NOT_ANSWERED}
    />
  )
}
