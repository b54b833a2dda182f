// A button whose deed cannot be taken back: it asks before. Called by the pages of this folder.
import { AskedButton, type AskedButtonProps } from '../../components/AskedButton'
import { NOT_ANSWERED, whyRefused } from './words'

interface AskProps extends Omit<AskedButtonProps<void>, 'send' | 'onDone' | 'inWords' | 'unanswered'> {
  send: () => Promise<void>
  onDone?: () => void
}

export function Ask({ send, onDone, ...question }: AskProps) {
  return (
    <AskedButton
      {...question}
      send={() => send()}
      onDone={() => onDone?.()}
      inWords={whyRefused}
      unanswered={NOT_ANSWERED}
    />
  )
}
