// Stands in for the routes of accounts: one person, their password, and what is theirs. What the real ones answer is tested
// end to end in e2e/. Each test starts one and may make it slow, deaf or unwilling.
import { http, HttpResponse, type HttpHandler } from 'msw'
import type { Address, Merged } from '../api/types'
import { problem } from './shop'
import { checkoutSettings } from './settings'

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

/** What Ada's app shows. */
export const CODE = '123456'
export const RECOVERY_CODES = ['aaaa-bbbb-cccc-dddd', 'eeee-ffff-gggg-hhhh']

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
  /** What the shop sends to. */
  countries: string[]
  sessions: { handle: string; device: string; is_current: boolean }[]
  keys: { id: string; name: string; role: string }[]
  factors: { id: string; kind: string; name: string }[]
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
    countries: ['DE', 'FR', 'NL'],
    sessions: [
      { handle: 'here', device: 'Firefox on Linux', is_current: true },
      { handle: 'there', device: 'Safari on iPhone', is_current: false },
    ],
    keys: [],
    // Whoever has a role has a second factor, or it does not count.
    factors: roles.length > 1 ? [{ id: 'f-1', kind: 'totp', name: 'Phone' }] : [],
    instead: () => undefined,
    handlers: [],
    done: () =>
      registry.heard
        .filter(({ method, path }) => method !== 'GET' && path !== '/session')
        .map(({ method, path }) => `${method} ${path}`),
  }
  const isStrong = () => registry.factors.length > 0 || registry.roles.length === 1
  const rights = () => ({
    roles: isStrong() ? registry.roles : ['shopper'],
    withheld_roles: isStrong() ? [] : registry.roles.filter((role) => role !== 'shopper'),
  })
  const account = () => ({
    id: ADA,
    email: ada.email,
    is_confirmed: registry.isConfirmed,
    ...rights(),
    has_second_factor: registry.factors.length > 0,
    created_at: AT,
  })
  const nothing = () => new HttpResponse(null, { status: 204 })
  const accepted = () => new HttpResponse(null, { status: 202 })
  const expired = () => problem(422, 'link-expired', 'Nothing was changed.')
  const enter = (status: number) => {
    registry.isSignedIn = true
    return HttpResponse.json({ owner: ADA, account: account(), merged: registry.merged }, { status })
  }
  const asked = () => {
    const kinds = new Set(registry.factors.map(({ kind }) => kind))
    const passkey = kinds.has('passkey') ? { challenge: 'what the browser is asked' } : null
    return { methods: [...kinds, 'recovery-code'], passkey, expires_in_seconds: 300 }
  }
  const isRight = (body: Body) =>
    body.code === CODE || body.recovery_code === RECOVERY_CODES[0] || body.passkey !== undefined
  const wrongFactor = () => problem(422, 'wrong-second-factor', 'Nothing was changed.')
  const added = (kind: string, name: unknown) => {
    const isFirst = registry.factors.length === 0
    const factor = { id: `f-${registry.factors.length + 1}`, kind, name: String(name) }
    registry.factors = [...registry.factors, factor]
    // A role from before roles needed a factor is taken away with the first one.
    if (isFirst) registry.roles = ['shopper']
    const shown = { ...factor, created_at: AT, last_used_at: null }
    return HttpResponse.json(
      { factor: shown, recovery_codes: isFirst ? RECOVERY_CODES : null },
      { status: 201 },
    )
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
            ? { owner: ADA, account: { id: ADA, ...rights() } }
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
          ? registry.factors.length > 0
            ? HttpResponse.json(asked(), { status: 202 })
            : enter(200)
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
    on('post', '/account/api-keys', ({ name, role, password }) => {
      if (password !== ada.password) return wrongPassword()
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
    on('post', '/session/sign-in/second-step', (body) => (isRight(body) ? enter(200) : wrongFactor()), open),
    on('get', '/account/second-factors', () =>
      HttpResponse.json({
        factors: registry.factors.map((one) => ({ ...one, created_at: AT, last_used_at: null })),
        most: 10,
        recovery_codes_left: registry.factors.length > 0 ? RECOVERY_CODES.length : 0,
        is_needed: registry.roles.length > 1,
        takes_passkeys: true,
      }),
    ),
    on('post', '/account/second-factors/totp', (body) =>
      fits(body)
        ? HttpResponse.json({
            setup: 'what-was-begun',
            secret: 'GEZD GNBV',
            uri: 'otpauth://totp/Cartwright:ada?secret=GEZDGNBV',
            qr: { size: 21, path: 'M0 0h7v1h-7z' },
            expires_in_seconds: 900,
          })
        : wrongPassword(),
    ),
    on('post', '/account/second-factors/totp/confirmation', (body) =>
      // Apps show a blank in the middle.
      String(body.code).replace(' ', '') === CODE ? added('totp', body.name) : wrongFactor(),
    ),
    on('post', '/account/second-factors/passkeys', (body) =>
      fits(body)
        ? HttpResponse.json({ setup: 'what-was-begun', options: {}, expires_in_seconds: 900 })
        : wrongPassword(),
    ),
    on('post', '/account/second-factors/passkeys/confirmation', (body) => added('passkey', body.name)),
    on('post', '/account/second-factors/recovery-codes', (body) =>
      fits(body) ? HttpResponse.json({ recovery_codes: RECOVERY_CODES }) : wrongPassword(),
    ),
    on('delete', '/account/second-factors/:id', (body, { id }) => {
      if (!fits(body)) return wrongPassword()
      registry.factors = registry.factors.filter((one) => one.id !== id)
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
      ({ token, password }) => {
        if (token !== LINK_TOKEN) return expired()
        if (password === undefined && !registry.isSignedIn) {
          return problem(422, 'new-password-needed', 'Nothing was changed, and the link still works.')
        }
        if (password !== undefined) registry.isSignedIn = false
        return HttpResponse.json({ email: ada.email })
      },
      open,
    ),
    on(
      'get',
      '/checkout-settings',
      () => HttpResponse.json(checkoutSettings({ countries: registry.countries })),
      open,
    ),
  ]
  return registry
}
