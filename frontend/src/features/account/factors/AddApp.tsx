// An app that shows one-time codes: the password, then what the app is to be told, then a code of it. Rendered by
// SecondFactors.tsx.
import { useEffect, useRef, useState } from 'react'
import { asSentences, type Problem } from '../../../api/problem'
import { useCommand } from '../../../api/useCommand'
import { ErrorSummary } from '../../../components/form/ErrorSummary'
import { TextField } from '../../../components/form/TextField'
import { useForm } from '../../../components/form/useForm'
import type { AddedFactor, TotpSetup } from '../types'
import { useCopy } from '../useCopy'
import { whyRefused } from '../words'
import { beginApp, confirmApp } from './api'
import { ByPassword } from './ByPassword'
import { Expired } from './Expired'
import { QrCode } from './QrCode'
import { codeRule, nameRule, WRONG_CODE } from './rules'
import styles from '../Account.module.css'
import own from './Factors.module.css'

interface AddProps {
  onAdded: (added: AddedFactor) => void
  onCancel: () => void
}

export function AddApp({ onAdded, onCancel }: AddProps) {
  const [setup, setSetup] = useState<TotpSetup | null>(null)
  const [expired, setExpired] = useState<string | null>(null)
  const again = () => {
    setSetup(null)
    setExpired(null)
  }
  if (expired !== null) return <Expired words={expired} onAgain={again} />
  if (setup !== null) {
    return <Confirm setup={setup} onAdded={onAdded} onCancel={onCancel} onExpired={setExpired} />
  }
  return (
    <ByPassword title="Add an app" action="Continue" send={beginApp} onDone={setSetup} onCancel={onCancel}>
      <p>
        An authenticator app on your phone shows a new code every 30 seconds. You enter it after your
        password. Any authenticator app works; many password managers include one.
      </p>
    </ByPassword>
  )
}

interface ConfirmProps extends AddProps {
  setup: TotpSetup
  /** Told why the app has to be told another key. */
  onExpired: (words: string) => void
}

function Confirm({ setup, onAdded, onCancel, onExpired }: ConfirmProps) {
  const heading = useRef<HTMLHeadingElement>(null)
  const secret = useRef<HTMLElement>(null)
  const { copy, said } = useCopy(
    secret,
    'Your browser does not allow copying. The key is selected: copy it from there.',
  )
  const form = useForm({ name: 'Authenticator app', code: '' }, { rules: { name: nameRule, code: codeRule } })
  useEffect(() => heading.current?.focus(), [])
  const refusal = (problem: Problem): string | null => {
    if (problem.slug === 'wrong-second-factor') {
      form.refuse([{ field: 'code', message: WRONG_CODE }])
      return null
    }
    if (problem.slug === 'second-step-expired') onExpired(whyRefused(problem))
    return form.refuse(asSentences(problem.violations)) ? null : whyRefused(problem)
  }
  const command = useCommand({
    send: (_, { code, name }: { code: string; name: string }) =>
      confirmApp({ setup: setup.setup, code, name }),
    onDone: onAdded,
    inWords: refusal,
    unanswered: 'The shop did not answer. Check whether the app is in the list; if not, try again.',
  })
  return (
    <form
      noValidate
      className={styles.form}
      onSubmit={form.onSubmit(command.run)}
      aria-label="Set up the app"
    >
      <h3 ref={heading} tabIndex={-1}>
        Set up the app
      </h3>
      <ErrorSummary faults={form.faults} tries={form.tries} />
      <div role="alert">
        {command.trouble !== null && <p className={styles.trouble}>{command.trouble}</p>}
      </div>
      <ol className={own.steps}>
        <li>
          <p>Scan this with the app.</p>
          <QrCode {...setup.qr} label="QR code for your authenticator app" />
          <p>
            Or <a href={setup.uri}>open it in an app on this device</a>, or type this key into it:
          </p>
          <code ref={secret} className={own.secret} aria-label="Key for the app">
            {setup.secret}
          </code>
          <div className={styles.buttons}>
            {/* The blanks are for whoever types it. */}
            <button
              type="button"
              className="text-button"
              onClick={() => copy(setup.secret.replaceAll(' ', ''))}
            >
              Copy key
            </button>
            <span role="status" aria-label="Copying">
              {said}
            </span>
          </div>
        </li>
        <li>
          <TextField
            {...form.field('code')}
            label="Code from the app"
            inputMode="numeric"
            autoComplete="one-time-code"
            maxLength={10}
          />
        </li>
        <li>
          <TextField
            {...form.field('name')}
            label="Name"
            hint="Helps you recognise it in the list."
            autoComplete="off"
            maxLength={60}
          />
        </li>
      </ol>
      <div className={styles.buttons}>
        <button type="submit" className={`button ${styles.main}`} aria-disabled={command.isBusy}>
          {command.isBusy ? 'One moment' : 'Add app'}
        </button>
        <button type="button" className="text-button" onClick={onCancel}>
          Cancel
        </button>
      </div>
    </form>
  )
}
