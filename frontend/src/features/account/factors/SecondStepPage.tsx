// The second step of signing in: a code of an app, a passkey, or a recovery code. Rendered by SignInPage.tsx and RegisterPage.tsx
// once the password was right; who is signed in then leaves it by itself.
import { useEffect, useRef, useState } from 'react'
import { asSentences, type Problem } from '../../../api/problem'
import { useCommand } from '../../../api/useCommand'
import { ErrorSummary } from '../../../components/form/ErrorSummary'
import { TextField } from '../../../components/form/TextField'
import { useForm, type Rule } from '../../../components/form/useForm'
import type { SecondStep } from '../types'
import { NOT_ANSWERED, whyRefused } from '../words'
import { takeSecondStep } from './api'
import { Expired } from './Expired'
import { showPasskey, takesPasskeys } from './passkey'
import { codeRule, recoveryCodeRule, WRONG_CODE, WRONG_RECOVERY_CODE } from './rules'
import styles from '../Account.module.css'

type Method = 'totp' | 'passkey' | 'recovery-code'

const INSTEAD: Record<Method, string> = {
  totp: 'Use a code from an app instead',
  passkey: 'Use a passkey instead',
  'recovery-code': 'Use a recovery code instead',
}

export function SecondStepPage({ step, onAgain }: { step: SecondStep; onAgain: () => void }) {
  const offered = (['passkey', 'totp', 'recovery-code'] as const).filter(
    (method) => step.methods.includes(method) && (method !== 'passkey' || takesPasskeys()),
  )
  const [method, setMethod] = useState<Method>(offered[0] ?? 'recovery-code')
  const [expired, setExpired] = useState<string | null>(null)
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => heading.current?.focus(), [method])
  if (expired !== null) {
    return (
      <div className={`page ${styles.door}`}>
        <title>Second step · Cartwright</title>
        <h1>Second step</h1>
        <Expired words={expired} onAgain={onAgain} />
      </div>
    )
  }
  return (
    <div className={`page ${styles.door}`}>
      <title>Second step · Cartwright</title>
      <h1 ref={heading} tabIndex={-1}>
        Second step
      </h1>
      {method === 'passkey' && <ByPasskey options={step.passkey ?? {}} onExpired={setExpired} />}
      {method === 'totp' && (
        <ByCode
          key="totp"
          label="Code from your app"
          hint="Your password is correct. Now enter the six digits that your authenticator app shows."
          isNumeric
          rule={codeRule}
          wrong={WRONG_CODE}
          send={(code) => takeSecondStep({ code })}
          onExpired={setExpired}
        />
      )}
      {method === 'recovery-code' && (
        <ByCode
          key="recovery-code"
          label="Recovery code"
          hint="Your password is correct. Each of your recovery codes works once."
          rule={recoveryCodeRule}
          wrong={WRONG_RECOVERY_CODE}
          send={(recovery_code) => takeSecondStep({ recovery_code })}
          onExpired={setExpired}
        />
      )}
      <div className={styles.buttons}>
        {offered
          .filter((other) => other !== method)
          .map((other) => (
            <button key={other} type="button" className="text-button" onClick={() => setMethod(other)}>
              {INSTEAD[other]}
            </button>
          ))}
        <button type="button" className="text-button" onClick={onAgain}>
          Start again
        </button>
      </div>
      <p className={styles.soft}>
        Can’t use any of these? Contact our support from the e-mail address of your account.
      </p>
    </div>
  )
}

interface MethodProps {
  /** Told why nothing of this step is taken any more. */
  onExpired: (words: string) => void
}

interface ByCodeProps extends MethodProps {
  label: string
  hint: string
  isNumeric?: boolean
  rule: Rule
  wrong: string
  send: (code: string) => Promise<void>
}

function ByCode({ label, hint, isNumeric = false, rule, wrong, send, onExpired }: ByCodeProps) {
  const form = useForm({ code: '' }, { rules: { code: rule } })
  const refusal = (problem: Problem): string | null => {
    if (problem.slug === 'wrong-second-factor') {
      form.refuse([{ field: 'code', message: wrong }])
      return null
    }
    if (problem.slug === 'second-step-expired') onExpired(whyRefused(problem))
    return form.refuse(asSentences(problem.violations)) ? null : whyRefused(problem)
  }
  const command = useCommand({
    send: (_, { code }: { code: string }) => send(code),
    onDone: () => {},
    inWords: refusal,
    unanswered: NOT_ANSWERED,
  })
  return (
    <form noValidate className={styles.form} onSubmit={form.onSubmit(command.run)}>
      <ErrorSummary faults={form.faults} tries={form.tries} />
      <div role="alert">
        {command.trouble !== null && <p className={styles.trouble}>{command.trouble}</p>}
      </div>
      <TextField
        {...form.field('code')}
        label={label}
        hint={hint}
        autoComplete={isNumeric ? 'one-time-code' : 'off'}
        inputMode={isNumeric ? 'numeric' : 'text'}
        maxLength={40}
      />
      <button type="submit" className={`button ${styles.main}`} aria-disabled={command.isBusy}>
        {command.isBusy ? 'One moment' : 'Sign in'}
      </button>
    </form>
  )
}

function ByPasskey({ options, onExpired }: MethodProps & { options: object }) {
  const command = useCommand({
    send: async () => takeSecondStep({ passkey: await showPasskey(options) }),
    onDone: () => {},
    inWords: (problem) => {
      if (problem.slug === 'second-step-expired') onExpired(whyRefused(problem))
      return problem.slug === 'wrong-second-factor'
        ? 'This passkey does not belong to your account. Nothing was changed. Try another one.'
        : whyRefused(problem)
    },
    unanswered: NOT_ANSWERED,
  })
  return (
    <div className={styles.section}>
      <p>Your password is correct. Now use your passkey: your browser will ask for it.</p>
      <div role="alert">
        {command.trouble !== null && <p className={styles.trouble}>{command.trouble}</p>}
      </div>
      <button
        type="button"
        className={`button ${styles.main}`}
        aria-disabled={command.isBusy}
        onClick={() => command.run(null)}
      >
        {command.isBusy ? 'One moment' : 'Use passkey'}
      </button>
    </div>
  )
}
