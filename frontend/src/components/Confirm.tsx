// Asks before something is done that cannot be taken back. The dialog is loaded when the first question is asked.
import { Suspense } from 'react'
import type { ConfirmProps } from './ConfirmDialog'
import { lazyWithRetry } from './lazyWithRetry'
import { Trouble } from './Trouble'

const ConfirmDialog = lazyWithRetry(() => import('./ConfirmDialog'), NotAsked)

export function Confirm(props: ConfirmProps) {
  return (
    <Suspense>
      <ConfirmDialog {...props} />
    </Suspense>
  )
}

/** The question did not load: nothing is done, and the page says why. */
function NotAsked({ title, onClose }: ConfirmProps) {
  return (
    <Trouble title={title} onRetry={onClose}>
      Nothing was changed.
    </Trouble>
  )
}
