// Recovery codes are shown once: whoever is about to leave them by a link, by Back or by closing the tab is asked. Rendered by
// RecoveryCodes.tsx, for as long as they are shown.
import { useEffect } from 'react'
import { useBlocker } from 'react-router'
import { Confirm } from '../../../components/Confirm'

export function KeepUntilTaken() {
  const blocker = useBlocker(
    ({ currentLocation, nextLocation }) => currentLocation.pathname !== nextLocation.pathname,
  )

  // The browser asks in words of its own.
  useEffect(() => {
    const ask = (event: BeforeUnloadEvent) => event.preventDefault()
    window.addEventListener('beforeunload', ask)
    return () => window.removeEventListener('beforeunload', ask)
  }, [])

  if (blocker.state !== 'blocked') return null
  return (
    <Confirm
      title="Leave without your recovery codes?"
      action="Leave without saving"
      instead="Go back to the codes"
      onConfirm={() => blocker.proceed()}
      onClose={() => blocker.reset()}
    >
      <p>They are shown only once. Copy or save them before you leave.</p>
    </Confirm>
  )
}
