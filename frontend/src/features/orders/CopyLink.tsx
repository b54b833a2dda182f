import { useState } from 'react'

/** Takes the address of this page along: whoever has it sees the order. */
export function CopyLink() {
  const [said, setSaid] = useState('')
  const copy = () =>
    navigator.clipboard.writeText(window.location.href).then(
      () => setSaid('Copied.'),
      () => setSaid('Your browser does not allow it: copy the address from its bar.'),
    )
  return (
    <p>
      <button type="button" className="text-button" onClick={() => void copy()}>
        Copy the address of this page
      </button>{' '}
      <span role="status">{said}</span>
    </p>
  )
}
