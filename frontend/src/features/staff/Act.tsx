// A button of staff whose command is asked about before it is sent. Called by the pages of this folder.
import type { CommandAnswer } from '../../api/types'
import { AskedButton, type AskedButtonProps } from '../../components/AskedButton'

interface ActProps extends Omit<AskedButtonProps<CommandAnswer>, 'instead' | 'inWords' | 'unanswered'> {
  instead?: string
}

export function Act({ instead = 'Leave it', ...question }: ActProps) {
  return <AskedButton {...question} instead={instead} />
}
