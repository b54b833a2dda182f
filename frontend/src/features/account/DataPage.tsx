// What the shop knows of a person: to take along, and to delete.
import { useState } from 'react'
import { useCommand } from '../../api/useCommand'
import { exportAccount } from './api'
import { DeleteAccount } from './DeleteAccount'
import { whyRefused } from './words'
import styles from './Account.module.css'

const FILE = 'cartwright-my-data.json'

export function DataPage() {
  const [said, setSaid] = useState('')
  const command = useCommand({
    send: () => exportAccount(),
    onDone: (file) => {
      save(file)
      setSaid(`Your data is saved as ${FILE}.`)
    },
    inWords: whyRefused,
    unanswered: 'The shop did not answer. Please try again.',
  })
  return (
    <>
      <title>Your data · Cartwright</title>
      <h1>Your data</h1>
      <section className={styles.section} aria-labelledby="take">
        <h2 id="take">Download your data</h2>
        <p>
          One file with everything we store about you: account, addresses, orders, what you wrote in requests,
          your sessions, and your API keys without their secrets.
        </p>
        <div role="alert">
          {command.trouble !== null && <p className={styles.trouble}>{command.trouble}</p>}
        </div>
        <button
          type="button"
          className="button"
          aria-disabled={command.isBusy}
          onClick={() => {
            setSaid('')
            command.run(undefined)
          }}
        >
          {command.isBusy ? 'One moment' : 'Download my data'}
        </button>
        <p role="status" aria-label="Download">
          {said}
        </p>
      </section>
      <DeleteAccount />
    </>
  )
}

function save(file: Blob): void {
  const address = URL.createObjectURL(file)
  const link = document.createElement('a')
  link.href = address
  link.download = FILE
  link.click()
  URL.revokeObjectURL(address)
}
