import { useState } from 'react'

/** Takes the address of this page along: whoever has it sees the order. */
export function CopyLink() {
  const [said, setSaid] = useState('')
  const copy = () =>
    navigator.clipboard.writeText(window.location.href).then(
      () => setSaid('Copied.'),
      () => setSaid('Your browser does not allow this. Copy the address from the address bar.'),
    )
  return (
    <p>
      <button type="button" className="text-button" onClick={() => void copy()}>
        Copy order link
      </button>{' '}
      <span role="status">{said}</span>
    </p>
  )
}
