// The second factors of the account: which there are, adding and removing them, recovery codes. Rendered by SecurityPage.tsx.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { Link } from 'react-router'
import { hasStaffRole, renewSession } from '../../../api/session'
import { Trouble } from '../../../components/Trouble'
import { When } from '../../../components/When'
import { useAccount } from '../AccountShell'
import { accountQuery, sessionsQuery } from '../api'
import type { AddedFactor, SecondFactor, SecondFactors as Factors } from '../types'
import { AddApp } from './AddApp'
import { AddPasskey } from './AddPasskey'
import { factorsQuery, newRecoveryCodes, removeFactor } from './api'
import { ByPassword } from './ByPassword'
import { takesPasskeys } from './passkey'
import { RecoveryCodes } from './RecoveryCodes'
import styles from '../Account.module.css'

type Doing = 'app' | 'passkey' | 'codes' | SecondFactor | null

export function SecondFactors() {
  const client = useQueryClient()
  const { roles, withheld_roles } = useAccount()
  const factors = useQuery(factorsQuery())
  const [doing, setDoing] = useState<Doing>(null)
  const [codes, setCodes] = useState<string[] | null>(null)
  const [said, setSaid] = useState('')
  const heading = useRef<HTMLHeadingElement>(null)
  const isOfStaff = hasStaffRole(roles)

  const again = () => {
    for (const { queryKey } of [factorsQuery(), accountQuery(), sessionsQuery()])
      void client.invalidateQueries({ queryKey })
  }
  const begin = (what: Doing) => {
    setDoing(what)
    // What was done before is not what is being done now.
    setSaid('')
  }
  const close = () => {
    setDoing(null)
    heading.current?.focus()
  }
  const finished = (words: string) => {
    close()
    setSaid(words)
    again()
  }
  const added = ({ factor, recovery_codes }: AddedFactor) => {
    finished(`${factor.name} added. You will need it when you sign in.`)
    if (recovery_codes === null || recovery_codes === undefined) return
    setCodes(recovery_codes)
    // With the first one the session is another, and a role that did not count is gone.
    renewSession().catch(() => {})
  }
  const hide = () => {
    setCodes(null)
    heading.current?.focus()
  }

  return (
    <section className={styles.section} aria-labelledby="second-factors">
      <h2 id="second-factors" ref={heading} tabIndex={-1}>
        Second factor
      </h2>
      <p>
        Two-step sign-in: after your password, we ask for a code from an app or for a passkey. A stolen
        password alone is then not enough.
      </p>
      {withheld_roles.length > 0 && (
        <p className={styles.notice} role="note">
          Your account has a role that requires a second factor ({withheld_roles.join(', ')}). It is inactive.
          Set up a second factor here. This removes the role; then ask the operator of the shop to grant it
          again.
        </p>
      )}
      <p role="status" aria-label="Second factors">
        {said}
      </p>
      {codes !== null && <RecoveryCodes codes={codes} onDone={hide} />}
      {isOfStaff && said !== '' && (
        <p>
          <Link to="/staff">Go to the staff pages</Link>
        </p>
      )}
      {factors.data === undefined ? (
        factors.isError && (
          <Trouble title="Your second factors did not load" onRetry={() => void factors.refetch()}>
            Nothing was changed.
          </Trouble>
        )
      ) : (
        <Shown factors={factors.data} isQuiet={doing !== null} onDo={begin} />
      )}
      {doing === 'app' && <AddApp onAdded={added} onCancel={close} />}
      {doing === 'passkey' && <AddPasskey onAdded={added} onCancel={close} />}
      {doing === 'codes' && (
        <ByPassword
          title="Create new recovery codes"
          action="Create new codes"
          send={newRecoveryCodes}
          onDone={(made) => {
            finished('You have new recovery codes. Your old codes no longer work.')
            setCodes(made)
          }}
          onCancel={close}
        >
          <p>
            Your old codes will stop working. All other devices will be signed out, and your API keys will
            stop working.
          </p>
        </ByPassword>
      )}
      {doing !== null && typeof doing === 'object' && (
        <ByPassword
          title={`Remove ${doing.name}`}
          action="Remove"
          send={(password) => removeFactor(doing.id, password)}
          onDone={() => finished(`${doing.name} removed.`)}
          onCancel={close}
        >
          <p>
            {factors.data?.factors.length === 1
              ? 'This is your only second factor. Without it your password alone opens your account, and your recovery codes are deleted.'
              : 'You can no longer use it to sign in.'}{' '}
            All other devices will be signed out, and your API keys will stop working.
          </p>
        </ByPassword>
      )}
    </section>
  )
}

interface ShownProps {
  factors: Factors
  /** Something is being done about them already. */
  isQuiet: boolean
  onDo: (what: Doing) => void
}

function Shown({ factors, isQuiet, onDo }: ShownProps) {
  const { factors: list, most, recovery_codes_left: left, is_needed, takes_passkeys } = factors
  const isFull = list.length >= most
  const isLast = list.length === 1 && is_needed
  return (
    <>
      {list.length === 0 ? (
        <p>You have none. Your password alone opens your account.</p>
      ) : (
        <ul className={styles.list} aria-label="Your second factors">
          {list.map((factor) => (
            <li key={factor.id} className={styles.entry}>
              <p className={styles.entryName}>{factor.name}</p>
              <p className={styles.soft}>{factor.kind === 'passkey' ? 'Passkey' : 'App'}</p>
              <p className={styles.soft}>
                Added <When at={factor.created_at} />
                {typeof factor.last_used_at === 'string' && (
                  <>
                    , last used <When at={factor.last_used_at} />
                  </>
                )}
              </p>
              {!isQuiet && !isLast && (
                <div className={styles.buttons}>
                  <button type="button" className="text-button" onClick={() => onDo(factor)}>
                    Remove<span className="visually-hidden"> {factor.name}</span>
                  </button>
                </div>
              )}
            </li>
          ))}
        </ul>
      )}
      {isLast && (
        <p className={styles.soft}>
          Your role requires a second factor, and this is your only one. Add another before you remove it.
        </p>
      )}
      {list.length > 0 && (
        <p>
          {left === 1 ? 'One recovery code is left.' : `${left === 0 ? 'No' : left} recovery codes are left.`}
        </p>
      )}
      {isFull && <p className={styles.soft}>You can have up to {most}. Remove one to add another.</p>}
      {!isQuiet && (
        <div className={styles.buttons}>
          {!isFull && (
            <button type="button" className="button" onClick={() => onDo('app')}>
              Add an app
            </button>
          )}
          {!isFull && takes_passkeys && takesPasskeys() && (
            <button type="button" className="button" onClick={() => onDo('passkey')}>
              Add a passkey
            </button>
          )}
          {list.length > 0 && (
            <button type="button" className="text-button" onClick={() => onDo('codes')}>
              New recovery codes
            </button>
          )}
        </div>
      )}
    </>
  )
}
