// An address that nobody has confirmed yet: the link once more. Rendered by OverviewPage.tsx.
import { useState } from 'react'
import { useCommand } from '../../api/useCommand'
import { sendConfirmationAgain } from './mailApi'
import { NOT_ANSWERED, whyRefused } from './words'
import styles from './Account.module.css'

export function Unconfirmed({ email }: { email: string }) {
  const [said, setSaid] = useState('')
  const command = useCommand({
    send: () => sendConfirmationAgain(),
    onDone: () => setSaid(`We have sent the link to ${email}.`),
    inWords: whyRefused,
    unanswered: NOT_ANSWERED,
  })
  return (
    <div className={styles.notice}>
      <p>Please confirm your e-mail address: open the link in the e-mail that we sent you.</p>
      <div role="alert">{command.trouble !== null && <p>{command.trouble}</p>}</div>
      <div role="status" aria-label="Confirmation">
        {said !== '' && <p>{said}</p>}
      </div>
      {said === '' && (
        <button
          type="button"
          className="text-button"
          aria-disabled={command.isBusy}
          onClick={() => command.run(undefined)}
        >
          {command.isBusy ? 'One moment' : 'Send the link again'}
        </button>
      )}
    </div>
  )
}
