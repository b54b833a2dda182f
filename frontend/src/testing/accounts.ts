// Stands in for the routes of accounts: one person, their password, and what is theirs. What the real ones answer is tested
// end to end in e2e/. Each test starts one and may make it slow, deaf or unwilling.
import { http, HttpResponse, type HttpHandler } from 'msw'
import type { Address, Merged } from '../api/types'
import { problem } from './shop'

export const GUEST = '11111111-1111-4111-8111-111111111111'
export const ADA = '22222222-2222-4222-8222-222222222222'
export const ada = { email: 'ada@example.org', password: 'correct horse battery' }

export const home: Address = {
  id: '33333333-3333-4333-8333-333333333333',
  name: 'Ada Lovelace',
  line1: 'Lindenstraße 12',
  line2: null,
  postal_code: '10969',
  city: 'Berlin',
  region: null,
  country: 'DE',
  phone: null,
}

/** What stands behind the # of a link in a mail. */
export const LINK_TOKEN = 'the-token-of-the-link'

export interface HeardOfAccount {
  method: string
  /** Below /api/commands. */
  path: string
  body: Record<string, unknown>
}

type Body = Record<string, unknown>

export interface Registry {
  heard: HeardOfAccount[]
  isSignedIn: boolean
  isConfirmed: boolean
  roles: string[]
  merged: Merged | null
  addresses: Address[]
  sessions: { handle: string; device: string; is_current: boolean }[]
  keys: { id: string; name: string; role: string }[]
  /** Asked before each request: an answer replaces the registry's own. */
  instead: (heard: HeardOfAccount) => Response | Promise<Response> | undefined
  handlers: HttpHandler[]
  /** What was asked to be done, in order. */
  done: () => string[]
}

const AT = '2026-03-01T10:00:00Z'

export function createRegistry({ isSignedIn = false, roles = ['shopper'] } = {}): Registry {
  const registry: Registry = {
    heard: [],
    isSignedIn,
    isConfirmed: true,
    roles,
    merged: null,
    addresses: [],
    sessions: [
      { handle: 'here', device: 'Firefox on Linux', is_current: true },
      { handle: 'there', device: 'Safari on iPhone', is_current: false },
    ],
    keys: [],
    instead: () => undefined,
    handlers: [],
    done: () =>
      registry.heard
        .filter(({ method, path }) => method !== 'GET' && path !== '/session')
        .map(({ method, path }) => `${method} ${path}`),
  }
  const account = () => ({
    id: ADA,
    email: ada.email,
    is_confirmed: registry.isConfirmed,
    roles: registry.roles,
    created_at: AT,
  })
  const nothing = () => new HttpResponse(null, { status: 204 })
  const accepted = () => new HttpResponse(null, { status: 202 })
  const expired = () => problem(422, 'link-expired', 'Nothing was changed.')
  const enter = (status: number) => {
    registry.isSignedIn = true
    return HttpResponse.json({ owner: ADA, account: account(), merged: registry.merged }, { status })
  }
  const leave = () => {
    registry.isSignedIn = false
    return nothing()
  }
  const fits = (body: Body, field = 'password') => body[field] === ada.password
  const wrongPassword = () => problem(422, 'wrong-password', 'Nothing was changed.')

  const on = (
    method: 'get' | 'post' | 'put' | 'delete',
    path: string,
    answer: (body: Body, params: Record<string, unknown>) => Response,
    { isOpen = false } = {},
  ) =>
    http[method](`*/api/commands${path}`, async ({ request, params }) => {
      const text = request.method === 'GET' ? '' : await request.text()
      const body = text === '' ? {} : (JSON.parse(text) as Body)
      const asked = new URL(request.url).pathname.replace('/api/commands', '')
      const heard = { method: request.method, path: asked, body }
      registry.heard.push(heard)
      const instead = await registry.instead(heard)
      if (instead !== undefined) return instead
      if (!isOpen && !registry.isSignedIn) return problem(401, 'not-signed-in', 'Sign in.')
      return answer(body, params)
    })
  const open = { isOpen: true }

  registry.handlers = [
    on(
      'post',
      '/session',
      () =>
        HttpResponse.json(
          registry.isSignedIn
            ? { owner: ADA, account: { id: ADA, roles: registry.roles } }
            : { owner: GUEST, account: null },
        ),
      open,
    ),
    on(
      'post',
      '/accounts',
      (body) =>
        body.email === ada.email && !fits(body)
          ? problem(422, 'email-taken', 'Nothing was changed. Sign in with it.')
          : enter(201),
      open,
    ),
    on(
      'post',
      '/session/sign-in',
      (body) =>
        body.email === ada.email && fits(body)
          ? enter(200)
          : problem(401, 'wrong-credentials', 'Nothing was changed. Try again.'),
      open,
    ),
    on('post', '/session/sign-out', leave, open),
    on('get', '/account', () => HttpResponse.json(account())),
    on('delete', '/account', (body) => (fits(body) ? leave() : wrongPassword())),
    on('put', '/account/password', (body) => (fits(body, 'current') ? nothing() : wrongPassword())),
    on('get', '/account/export', () => HttpResponse.json({ account: account() })),
    on('get', '/account/sessions', () =>
      HttpResponse.json({
        sessions: registry.sessions.map((one) => ({ ...one, created_at: AT, last_used_at: AT })),
      }),
    ),
    on('delete', '/account/sessions', leave),
    on('delete', '/account/sessions/:handle', (_, { handle }) => {
      registry.sessions = registry.sessions.filter((one) => one.handle !== handle)
      return nothing()
    }),
    on('get', '/account/addresses', () => HttpResponse.json({ addresses: registry.addresses })),
    on('post', '/account/addresses', (body) => {
      const added = { ...home, ...body, id: `address-${registry.addresses.length + 1}` } as Address
      registry.addresses = [added, ...registry.addresses]
      return HttpResponse.json(added, { status: 201 })
    }),
    on('put', '/account/addresses/:id', (body, { id }) => {
      const changed = { ...home, ...body, id: String(id) } as Address
      registry.addresses = registry.addresses.map((one) => (one.id === id ? changed : one))
      return HttpResponse.json(changed)
    }),
    on('delete', '/account/addresses/:id', (_, { id }) => {
      registry.addresses = registry.addresses.filter((one) => one.id !== id)
      return nothing()
    }),
    on('get', '/account/api-keys', () =>
      HttpResponse.json({
        api_keys: registry.keys.map((one) => ({ ...one, created_at: AT, expires_at: AT })),
      }),
    ),
    on('post', '/account/api-keys', ({ name, role }) => {
      const added = { id: `key-${registry.keys.length + 1}`, name: String(name), role: String(role) }
      registry.keys = [added, ...registry.keys]
      return HttpResponse.json(
        { ...added, created_at: AT, expires_at: AT, key: 'cw_shown_once' },
        { status: 201 },
      )
    }),
    on('delete', '/account/api-keys/:id', (_, { id }) => {
      registry.keys = registry.keys.filter((one) => one.id !== id)
      return nothing()
    }),
    on('post', '/account/email-change', (body) => (fits(body) ? accepted() : wrongPassword())),
    on('post', '/account/confirmation-mail', accepted),
    on('post', '/password-resets', accepted, open),
    on(
      'post',
      '/password-resets/redeem',
      ({ token }) => {
        if (token !== LINK_TOKEN) return expired()
        registry.isSignedIn = false
        return nothing()
      },
      open,
    ),
    on(
      'post',
      '/email-confirmations',
      ({ token }) => (token === LINK_TOKEN ? HttpResponse.json({ email: ada.email }) : expired()),
      open,
    ),
    on(
      'get',
      '/checkout-settings',
      () => HttpResponse.json({ gateway: 'sandbox', publishable_key: null, countries: ['DE', 'FR', 'NL'] }),
      open,
    ),
  ]
  return registry
}
