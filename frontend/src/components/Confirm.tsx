// Asks before something is done that cannot be taken back. The dialog is loaded when the first question is asked.
import { lazy, Suspense } from 'react'
import type { ConfirmProps } from './ConfirmDialog'

const ConfirmDialog = lazy(() => import('./ConfirmDialog'))

export function Confirm(props: ConfirmProps) {
  return (
    <Suspense>
      <ConfirmDialog {...props} />
    </Suspense>
  )
}
