// Second factors of the journeys: an app that is a few lines here, and the accounts whose roles need one.
import { execFile } from 'node:child_process'
import { createHmac } from 'node:crypto'
import path from 'node:path'
import { promisify } from 'node:util'
import { expect, request, type APIRequestContext, type BrowserContext, type Page } from '@playwright/test'
import { linkIn, mailTo } from './mailbox'
import { somebody, type Person } from './people'

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** The code that an app shows (RFC 6238), now or in so many seconds. */
export function codeOf(secret: string, inSeconds = 0): string {
  const bits = [...secret.replaceAll(' ', '')]
    .map((letter) => BASE32.indexOf(letter).toString(2).padStart(5, '0'))
    .join('')
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2)))
  const step = Buffer.alloc(8)
  step.writeBigUInt64BE(BigInt(Math.floor((Date.now() / 1000 + inSeconds) / 30)))
  const digest = createHmac('sha1', key).update(step).digest()
  const number = digest.readUInt32BE((digest.at(-1) ?? 0) & 15) & 0x7fffffff
  return String(number % 1_000_000).padStart(6, '0')
}

export interface App {
  secret: string
  recoveryCodes: string[]
}

/** Through the page of the account that is signed in, without a second factor so far. */
export async function setUpApp(page: Page, { password }: Person): Promise<App> {
  await page.goto('/account/security')
  await page.getByRole('button', { name: 'Add an app' }).click()
  await page.getByLabel('Confirm with your password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Continue' }).click()
  const secret = (await page.getByLabel('Key for the app').textContent()) ?? ''
  await page.getByLabel('Code from the app').fill(codeOf(secret))
  await page.getByRole('button', { name: 'Add app' }).click()
  const codes = page.getByRole('list', { name: 'Recovery codes' }).getByRole('listitem')
  await expect(codes).toHaveCount(10)
  return { secret, recoveryCodes: await codes.allTextContents() }
}

/** Whoever is signed in here opens the link in their mail, without a page. */
export async function confirmed(api: APIRequestContext, { email }: Person): Promise<void> {
  const link = linkIn(await mailTo(email, 'Confirm your e-mail address'))
  await answered(api, '/api/commands/email-confirmations', { token: link.split('#').at(-1) })
}

/** What the operator does, for an account with a confirmed address and a second factor. */
export async function granted({ email }: Person, role: string): Promise<void> {
  const dev = path.resolve(import.meta.dirname, '../../dev')
  await promisify(execFile)(dev, ['grant', email, role])
}

export type Role = 'staff' | 'analyst' | 'ops'
type Cookies = Awaited<ReturnType<BrowserContext['cookies']>>

export interface Member {
  person: Person
  secret: string
  /** Of a session in which the roles count. */
  cookies: Cookies
}

/** A new account with these roles and an app, made without a page. */
export async function aMember(roles: Role[]): Promise<Member> {
  const person = somebody()
  const api = await request.newContext({ baseURL: process.env.SHOP_URL ?? 'http://127.0.0.1:7400' })
  await answered(api, '/api/commands/accounts', person)
  await confirmed(api, person)
  const { password } = person
  const app = await answered<{ setup: string; secret: string }>(
    api,
    '/api/commands/account/second-factors/totp',
    { password },
  )
  const added = await answered<{ recovery_codes: string[] }>(
    api,
    '/api/commands/account/second-factors/totp/confirmation',
    { setup: app.setup, code: codeOf(app.secret), name: 'Authenticator app' },
  )
  // A role needs the factor, and ends the sessions of the account.
  for (const role of roles) await granted(person, role)
  await answered(api, '/api/commands/session/sign-in', person)
  // A recovery code: the app's next one is the test's, if it signs in by itself.
  await answered(api, '/api/commands/session/sign-in/second-step', {
    recovery_code: added.recovery_codes[0],
  })
  const { cookies } = await api.storageState()
  await api.dispose()
  return { person, secret: app.secret, cookies }
}

async function answered<Answer>(api: APIRequestContext, url: string, data: object): Promise<Answer> {
  const answer = await api.post(url, { data })
  expect(answer.ok(), `${url}: ${answer.status()} ${await answer.text()}`).toBe(true)
  return (await answer.json()) as Answer
}

/** Granting takes a second: one account for each set of roles serves all tests of a worker, none of which signs it out. */
const members = new Map<string, Promise<Member>>()

/** Whoever the page's browser was before, it is signed in as a member with these roles from now on. */
export async function becomeMember(page: Page, roles: Role[]): Promise<void> {
  const kept = members.get(roles.join()) ?? aMember(roles)
  members.set(roles.join(), kept)
  const { cookies } = await kept
  // A page that is open could begin a guest's session between the two lines below.
  await page.goto('about:blank')
  await page.context().clearCookies()
  await page.context().addCookies(cookies)
}
