// Every request about accounts. Called by the pages of this folder, and by what the app shows of an account elsewhere.
import { queryOptions } from '@tanstack/react-query'
import { addressesQuery } from '../../api/addresses'
import { commands } from '../../api/client'
import { ProblemError, problemOf } from '../../api/problem'
import { renewSession, signedIn, signedOut } from '../../api/session'
import type { Address, SignedIn } from '../../api/types'
import type {
  Account,
  AccountSession,
  ApiKey,
  CreatedApiKey,
  Credentials,
  NewAddress,
  NewApiKey,
  SecondStep,
} from './types'

export { addressesQuery }

const ANSWER_WITHIN_MS = 20_000

interface Answered<Answer> {
  response: Response
  data?: Answer
  error?: unknown
}

export const inTime = () => ({ signal: AbortSignal.timeout(ANSWER_WITHIN_MS) })

export function answerOf<Answer>(answered: Answered<Answer>): Answer {
  const { data } = answered
  if (data === undefined) throw refusalOf(answered)
  return data
}

/** Of a command that answers with nothing. */
export function done(answered: Answered<unknown>): void {
  if (!answered.response.ok) throw refusalOf(answered)
}

function refusalOf({ response, error }: Answered<unknown>): ProblemError {
  const problem = problemOf(response, error)
  // Signed out here by another device: the page learns whose session it has now, and asks to sign in.
  if (problem.slug === 'not-signed-in' || problem.slug === 'no-session') renewSession().catch(() => {})
  return new ProblemError(problem)
}

/** Somebody is signed in, of which the whole page is told; or a second step is asked for. */
export function entered(answered: Answered<SignedIn | SecondStep>): SecondStep | null {
  const answer = answerOf(answered)
  if ('methods' in answer) return answer
  const { owner, account, merged } = answer
  const { id, roles, withheld_roles } = account
  signedIn({ owner, account: { id, roles, withheld_roles } }, merged ?? null)
  return null
}

/** The same once more, after an answer that was lost, signs in. */
export async function register(body: Credentials): Promise<SecondStep | null> {
  return entered(await commands.POST('/api/commands/accounts', { body, ...inTime() }))
}

export async function signIn(body: Credentials): Promise<SecondStep | null> {
  return entered(await commands.POST('/api/commands/session/sign-in', { body, ...inTime() }))
}

/** The page still has to be told; what is somebody's on it is left first. */
export async function signOut(): Promise<void> {
  done(await commands.POST('/api/commands/session/sign-out', inTime()))
}

export function accountQuery() {
  return queryOptions({
    queryKey: ['account', 'me'],
    queryFn: async ({ signal }): Promise<Account> =>
      answerOf(await commands.GET('/api/commands/account', { signal })),
  })
}

export async function changePassword(body: { current: string; new: string }): Promise<void> {
  done(await commands.PUT('/api/commands/account/password', { body, ...inTime() }))
}

export function sessionsQuery() {
  return queryOptions({
    queryKey: ['account', 'sessions'],
    queryFn: async ({ signal }): Promise<AccountSession[]> =>
      answerOf(await commands.GET('/api/commands/account/sessions', { signal })).sessions,
    staleTime: 0,
  })
}

/** One that ended by itself is as ended as was wanted. */
export async function endSession(handle: string): Promise<void> {
  const answered = await commands.DELETE('/api/commands/account/sessions/{handle}', {
    params: { path: { handle } },
    ...inTime(),
  })
  if (answered.response.status !== 404) done(answered)
}

export async function signOutEverywhere(): Promise<void> {
  done(await commands.DELETE('/api/commands/account/sessions', inTime()))
  signedOut()
}

/** Where the shop sends to. */
export function countriesQuery() {
  return queryOptions({
    queryKey: ['countries'],
    queryFn: async ({ signal }): Promise<string[]> =>
      answerOf(await commands.GET('/api/commands/checkout-settings', { signal })).countries,
    staleTime: Infinity,
  })
}

export async function addAddress(body: NewAddress): Promise<Address> {
  return answerOf(await commands.POST('/api/commands/account/addresses', { body, ...inTime() }))
}

export async function changeAddress(id: string, body: NewAddress): Promise<Address> {
  return answerOf(
    await commands.PUT('/api/commands/account/addresses/{id}', {
      params: { path: { id } },
      body,
      ...inTime(),
    }),
  )
}

export async function removeAddress(id: string): Promise<void> {
  const answered = await commands.DELETE('/api/commands/account/addresses/{id}', {
    params: { path: { id } },
    ...inTime(),
  })
  if (answered.response.status !== 404) done(answered)
}

export function apiKeysQuery() {
  return queryOptions({
    queryKey: ['account', 'api-keys'],
    queryFn: async ({ signal }): Promise<ApiKey[]> =>
      answerOf(await commands.GET('/api/commands/account/api-keys', { signal })).api_keys,
    staleTime: 0,
  })
}

export async function createApiKey(body: NewApiKey): Promise<CreatedApiKey> {
  return answerOf(await commands.POST('/api/commands/account/api-keys', { body, ...inTime() }))
}

export async function revokeApiKey(id: string): Promise<void> {
  const answered = await commands.DELETE('/api/commands/account/api-keys/{id}', {
    params: { path: { id } },
    ...inTime(),
  })
  if (answered.response.status !== 404) done(answered)
}

/** Everything that the shop knows of the person, as the file that it sends. */
export async function exportAccount(): Promise<Blob> {
  return answerOf(await commands.GET('/api/commands/account/export', { parseAs: 'blob', ...inTime() }))
}

/** The page still has to be told, as after signing out. */
export async function deleteAccount(password: string): Promise<void> {
  done(await commands.DELETE('/api/commands/account', { body: { password }, ...inTime() }))
}
