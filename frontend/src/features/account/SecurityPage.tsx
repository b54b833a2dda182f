// The password, second factors, the e-mail address, and where the account is signed in.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useRef, useState, type RefObject } from 'react'
import { Link } from 'react-router'
import { When } from '../../components/When'
import { endSession, sessionsQuery, signOutEverywhere } from './api'
import { Ask } from './Ask'
import { ChangeEmail } from './ChangeEmail'
import { ChangePassword } from './ChangePassword'
import { SecondFactors } from './factors/SecondFactors'
import { Listed } from './Listed'
import type { AccountSession } from './types'
import styles from './Account.module.css'

export function SecurityPage() {
  const client = useQueryClient()
  const sessions = useQuery(sessionsQuery())
  const [said, setSaid] = useState('')
  const heading = useRef<HTMLHeadingElement>(null)
  const again = () => void client.invalidateQueries({ queryKey: sessionsQuery().queryKey })

  return (
    <>
      <title>Security · Cartwright</title>
      <h1>Security</h1>
      <ChangePassword onDone={again} />
      <SecondFactors />
      <ChangeEmail />
      <section className={styles.section} aria-labelledby="sessions">
        <h2 id="sessions" ref={heading} tabIndex={-1}>
          Where you are signed in
        </h2>
        <p>Don’t recognise one of these? Sign it out and change your password.</p>
        <p className="visually-hidden" role="status" aria-label="Sessions">
          {said}
        </p>
        <Listed of={sessions} name="Your sessions">
          {(session) => (
            <Entry
              key={session.handle}
              session={session}
              next={heading}
              onDone={() => {
                setSaid(`${session.device} signed out.`)
                again()
              }}
            />
          )}
        </Listed>
        <Ask
          label="Sign out everywhere"
          title="Sign out everywhere?"
          action="Sign out everywhere"
          instead="Cancel"
          send={signOutEverywhere}
        >
          <p>
            All devices will be signed out, including this one, and all API keys will stop working. Your cart
            and orders are kept.
          </p>
        </Ask>
      </section>
      <section className={styles.section} aria-labelledby="developers">
        <h2 id="developers">Developers</h2>
        <p>
          <Link to="/account/security/keys" className={styles.link}>
            API keys
          </Link>{' '}
          let your own programs use the shop for you. Most customers never need one.
        </p>
      </section>
    </>
  )
}

interface EntryProps {
  session: AccountSession
  next: RefObject<HTMLElement | null>
  onDone: () => void
}

function Entry({ session, next, onDone }: EntryProps) {
  const { handle, device, is_current, created_at, last_used_at } = session
  return (
    <li className={styles.entry}>
      <p className={styles.entryName}>{device}</p>
      <p className={styles.soft}>
        {is_current ? (
          'This device, in use now'
        ) : (
          <>
            Last used <When at={last_used_at} time />
          </>
        )}
      </p>
      <p className={styles.soft}>
        Signed in <When at={created_at} time />
      </p>
      {!is_current && (
        <div className={styles.buttons}>
          <Ask
            label="Sign out"
            of={device}
            title={`Sign out ${device}?`}
            action="Sign out"
            instead="Cancel"
            send={() => endSession(handle)}
            onDone={onDone}
            next={next}
          >
            <p>This device has to sign in again. Your cart and orders are kept.</p>
          </Ask>
        </div>
      )}
    </li>
  )
}
