// The requests of accounts whose answer is a mail, or that come from one. Called by the pages of mail links, by
// ChangeEmail.tsx and by Unconfirmed.tsx.
import { ProblemError, problemOf } from '../../api/problem'
import { renewSession } from '../../api/session'
import type { Credentials, Redeemed } from './types'

const ANSWER_WITHIN_MS = 20_000

async function post(path: string, body?: object): Promise<unknown> {
  const response = await fetch(`/api/commands${path}`, {
    method: 'POST',
    signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    ...(body === undefined
      ? {}
      : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  })
  const text = await response.text()
  const said: unknown = text === '' ? null : JSON.parse(text)
  if (!response.ok) throw new ProblemError(problemOf(response, said))
  return said
}

/** Whether there is such an account is told to nobody but whoever reads its mails. */
export async function requestReset(email: string): Promise<void> {
  await post('/password-resets', { email })
}

/** Every session of the account ends, perhaps this one too. */
export async function redeemReset(redeemed: Redeemed): Promise<void> {
  await post('/password-resets/redeem', redeemed)
  renewSession().catch(() => {
    // Whatever needs a session next asks again.
  })
}

/** Answers which address is confirmed. */
export async function confirmEmail(token: string): Promise<string> {
  const { email } = (await post('/email-confirmations', { token })) as { email: string }
  return email
}

export async function sendConfirmationAgain(): Promise<void> {
  await post('/account/confirmation-mail')
}

/** A link goes to the new address; the present one stays until it is opened. */
export async function changeEmail(wanted: Credentials): Promise<void> {
  await post('/account/email-change', wanted)
}
