// A button of staff whose command is asked about before it is sent. Not shown to an account that may change nothing. Called by the
// pages of this folder.
import type { CommandAnswer } from '../../api/types'
import { AskedButton, type AskedButtonProps } from '../../components/AskedButton'
import { useAccess } from './access'

interface ActProps extends Omit<AskedButtonProps<CommandAnswer>, 'instead' | 'inWords' | 'unanswered'> {
  instead?: string
}

export function Act({ instead = 'Cancel', ...question }: ActProps) {
  const { canChange } = useAccess()
  if (!canChange) return null
  return <AskedButton {...question} instead={instead} />
}
