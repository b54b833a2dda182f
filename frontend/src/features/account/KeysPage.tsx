// API keys: for programs that act in the name of the account.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useRef, useState, type RefObject } from 'react'
import { When } from '../../components/When'
import { apiKeysQuery, revokeApiKey } from './api'
import { Ask } from './Ask'
import { CreatedKey } from './CreatedKey'
import { Listed } from './Listed'
import { NewKeyForm } from './NewKeyForm'
import { roleInWords } from './roles'
import type { ApiKey, CreatedApiKey } from './types'
import styles from './Account.module.css'

/** As many as one account may have. */
const MOST = 20

export function KeysPage() {
  const client = useQueryClient()
  const keys = useQuery(apiKeysQuery())
  const [created, setCreated] = useState<CreatedApiKey | null>(null)
  const [said, setSaid] = useState('')
  const heading = useRef<HTMLHeadingElement>(null)
  const again = () => void client.invalidateQueries({ queryKey: apiKeysQuery().queryKey })
  const hide = () => {
    setCreated(null)
    heading.current?.focus()
  }
  const isFull = (keys.data?.length ?? 0) >= MOST

  return (
    <>
      <title>API keys · Cartwright</title>
      <h1>API keys</h1>
      <section className={styles.section} aria-label="What they are">
        <p>
          With a key a program acts in your name: it sees your cart and your orders, and can order. Who has
          the key can do that too, so give each program its own, and revoke what nobody uses.
        </p>
        <p>
          All of them end when you change your password, sign out everywhere, remove a second factor, or make
          new recovery codes.
        </p>
      </section>
      {created !== null && <CreatedKey created={created} onDone={hide} />}
      <section className={styles.section} aria-labelledby="keys">
        <h2 id="keys" ref={heading} tabIndex={-1}>
          Your keys
        </h2>
        <p className="visually-hidden" role="status" aria-label="Keys">
          {said}
        </p>
        <Listed of={keys} name="Your keys" empty={<p>There are none. Nobody but you acts in your name.</p>}>
          {(key) => (
            <Entry
              key={key.id}
              apiKey={key}
              next={heading}
              onRevoked={() => {
                setSaid(`${key.name} is revoked.`)
                if (created?.id === key.id) setCreated(null)
                again()
              }}
            />
          )}
        </Listed>
      </section>
      {isFull ? (
        <p className={styles.soft}>There are {MOST} keys, which is the most. Revoke one to create another.</p>
      ) : (
        <NewKeyForm
          onCreated={(key) => {
            setCreated(key)
            again()
          }}
          onUnanswered={again}
        />
      )}
    </>
  )
}

interface EntryProps {
  apiKey: ApiKey
  next: RefObject<HTMLElement | null>
  onRevoked: () => void
}

function Entry({ apiKey, next, onRevoked }: EntryProps) {
  const { id, name, role, created_at, expires_at } = apiKey
  return (
    <li className={styles.entry}>
      <p className={styles.entryName}>{name}</p>
      <p className={styles.soft}>{roleInWords(role)}</p>
      <p className={styles.soft}>
        Created <When at={created_at} />, good until <When at={expires_at} />
      </p>
      <div className={styles.buttons}>
        <Ask
          label="Revoke"
          of={name}
          title={`Revoke ${name}?`}
          action="Revoke the key"
          instead="Keep it"
          send={() => revokeApiKey(id)}
          onDone={onRevoked}
          next={next}
        >
          <p>
            Whatever uses it is refused from now on. This cannot be taken back; you can create another one.
          </p>
        </Ask>
      </div>
    </li>
  )
}
