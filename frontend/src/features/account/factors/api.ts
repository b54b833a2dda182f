// Every request about second factors. Called by the components of this folder.
import { queryOptions } from '@tanstack/react-query'
import { commands } from '../../../api/client'
import { answerOf, done, entered, inTime } from '../api'
import type { AddedFactor, PasskeySetup, SecondFactors, ShownFactor, TotpSetup } from '../types'

export function factorsQuery() {
  return queryOptions({
    queryKey: ['account', 'second-factors'],
    queryFn: async ({ signal }): Promise<SecondFactors> =>
      answerOf(await commands.GET('/api/commands/account/second-factors', { signal })),
    staleTime: 0,
  })
}

export async function beginApp(password: string): Promise<TotpSetup> {
  const body = { password }
  return answerOf(await commands.POST('/api/commands/account/second-factors/totp', { body, ...inTime() }))
}

export async function confirmApp(body: { setup: string; code: string; name: string }): Promise<AddedFactor> {
  return answerOf(
    await commands.POST('/api/commands/account/second-factors/totp/confirmation', { body, ...inTime() }),
  )
}

export async function beginPasskey(password: string): Promise<PasskeySetup> {
  const body = { password }
  return answerOf(await commands.POST('/api/commands/account/second-factors/passkeys', { body, ...inTime() }))
}

export async function confirmPasskey(body: {
  setup: string
  credential: Record<string, never>
  name: string
}): Promise<AddedFactor> {
  return answerOf(
    await commands.POST('/api/commands/account/second-factors/passkeys/confirmation', { body, ...inTime() }),
  )
}

/** One that is gone already is as gone as was wanted. */
export async function removeFactor(id: string, password: string): Promise<void> {
  const answered = await commands.DELETE('/api/commands/account/second-factors/{id}', {
    params: { path: { id } },
    body: { password },
    ...inTime(),
  })
  if (answered.response.status !== 404) done(answered)
}

export async function newRecoveryCodes(password: string): Promise<string[]> {
  const body = { password }
  const answered = await commands.POST('/api/commands/account/second-factors/recovery-codes', {
    body,
    ...inTime(),
  })
  return answerOf(answered).recovery_codes
}

export async function takeSecondStep(body: ShownFactor): Promise<void> {
  entered(await commands.POST('/api/commands/session/sign-in/second-step', { body, ...inTime() }))
}
