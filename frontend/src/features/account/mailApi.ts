// The requests of accounts whose answer is a mail, or that come from one. Called by the pages of mail links, by
// ChangeEmail.tsx and by Unconfirmed.tsx.
import { commands } from '../../api/client'
import { renewSession } from '../../api/session'
import { answerOf, done, inTime } from './api'
import type { Confirmation, Credentials, Redeemed } from './types'

/** Whether there is such an account is told to nobody but whoever reads its mails. */
export async function requestReset(email: string): Promise<void> {
  done(await commands.POST('/api/commands/password-resets', { body: { email }, ...inTime() }))
}

/** Every session of the account ends, perhaps this one too. */
export async function redeemReset(body: Redeemed): Promise<void> {
  done(await commands.POST('/api/commands/password-resets/redeem', { body, ...inTime() }))
  renewSession().catch(() => {
    // Whatever needs a session next asks again.
  })
}

/** Answers which address is confirmed. With a password every session of the account ends, perhaps this one too. */
export async function confirmEmail(body: Confirmation): Promise<string> {
  const answered = await commands.POST('/api/commands/email-confirmations', { body, ...inTime() })
  const { email } = answerOf(answered)
  if (body.password !== undefined) {
    renewSession().catch(() => {
      // Whatever needs a session next asks again.
    })
  }
  return email
}

export async function sendConfirmationAgain(): Promise<void> {
  done(await commands.POST('/api/commands/account/confirmation-mail', inTime()))
}

/** A link goes to the new address; the present one stays until it is opened. */
export async function changeEmail(body: Credentials): Promise<void> {
  done(await commands.POST('/api/commands/account/email-change', { body, ...inTime() }))
}
