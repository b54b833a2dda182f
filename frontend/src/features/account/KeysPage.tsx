// API keys: for programs that act in the name of the account.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useRef, useState, type RefObject } from 'react'
import { Link } from 'react-router'
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
      <p className={styles.soft}>
        <Link to="/account/security">Security</Link> › Developers
      </p>
      <h1>API keys</h1>
      <section className={styles.section} aria-label="About API keys">
        <p>
          For developers: a program with one of these keys can see your cart and your orders, and can place
          orders for you. So can anyone else who has the key: create one for each program, and revoke the keys
          that you no longer use.
        </p>
        <p>
          All keys stop working when you change your password, sign out everywhere, remove a second factor or
          create new recovery codes.
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
        <Listed of={keys} name="Your keys" empty={<p>No API keys yet.</p>}>
          {(key) => (
            <Entry
              key={key.id}
              apiKey={key}
              next={heading}
              onRevoked={() => {
                setSaid(`${key.name} revoked.`)
                if (created?.id === key.id) setCreated(null)
                again()
              }}
            />
          )}
        </Listed>
      </section>
      {isFull ? (
        <p className={styles.soft}>You can have up to {MOST} keys. Revoke one to create another.</p>
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
        Created <When at={created_at} />, expires <When at={expires_at} />
      </p>
      <div className={styles.buttons}>
        <Ask
          label="Revoke"
          of={name}
          title={`Revoke ${name}?`}
          action="Revoke key"
          instead="Keep key"
          send={() => revokeApiKey(id)}
          onDone={onRevoked}
          next={next}
        >
          <p>
            Programs that use this key are refused from now on. This cannot be undone; you can create another
            key.
          </p>
        </Ask>
      </div>
    </li>
  )
}
