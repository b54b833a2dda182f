// Signing in and registering: what is asked, what is refused, and where it leads.
import { screen, waitFor } from '@testing-library/react'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { currentSession } from '../../api/session'
import { ADA, ada, createRegistry, GUEST } from '../../testing/accounts'
import { problem, server } from '../../testing/shop'
import { fill, press, user, visit } from './testing'

beforeAll(() => server.listen({ onUnhandledRequest: 'error' }))
afterEach(() => server.resetHandlers())
afterAll(() => server.close())

const type = async ({ email, password }: { email: string; password: string }) => {
  await fill('E-mail', email)
  await fill('Password', password)
}

describe('signing in', () => {
  it('leads to the account, which the whole page knows then', async () => {
    const registry = createRegistry()
    const { router } = await visit('/sign-in', registry)
    expect(currentSession()).toEqual({ owner: GUEST, account: null })
    await type(ada)
    await press('Sign in')
    await waitFor(() => expect(router.state.location.pathname).toBe('/account'))
    expect(currentSession()).toEqual({
      owner: ADA,
      account: { id: ADA, roles: ['shopper'], withheld_roles: [] },
    })
  })

  it('leads back to where one came from', async () => {
    const { router } = await visit('/sign-in?then=%2Forders%3Fx%3D1', createRegistry())
    await type(ada)
    await user.keyboard('{Enter}')
    await waitFor(() => expect(router.state.location.pathname).toBe('/orders'))
    expect(router.state.location.search).toBe('?x=1')
  })

  it.each([
    'https://evil.example',
    '//evil.example',
    '/\\evil.example',
    'javascript:alert(1)',
    '//',
    'orders',
  ])('leads nowhere but to a path of this shop: not to %s', async (then) => {
    const { router } = await visit(`/sign-in?then=${encodeURIComponent(then)}`, createRegistry())
    await type(ada)
    await press('Sign in')
    expect(await screen.findByText(ada.email)).toBeVisible()
    expect(router.state.location.pathname).toBe('/account')
  })

  it('says why one was led there, also to who has no account yet', async () => {
    const state = { why: 'be told when Tea caddy is back' }
    await visit({ pathname: '/sign-in', state }, createRegistry())
    expect(await screen.findByText('Sign in to be told when Tea caddy is back.')).toBeVisible()
    await user.click(screen.getByRole('link', { name: 'Create an account' }))
    expect(await screen.findByText('Create an account to be told when Tea caddy is back.')).toBeVisible()
    await user.click(screen.getByRole('link', { name: 'Sign in' }))
    expect(await screen.findByText('Sign in to be told when Tea caddy is back.')).toBeVisible()
  })

  it('passes by whoever is signed in already', async () => {
    const { router } = await visit('/sign-in?then=%2Fcart', createRegistry({ isSignedIn: true }))
    await waitFor(() => expect(router.state.location.pathname).toBe('/cart'))
  })

  it('that failed says neither which of the two was wrong, nor forgets what was typed', async () => {
    await visit('/sign-in', createRegistry())
    await type({ ...ada, password: 'not this one' })
    await press('Sign in')
    expect(await screen.findByText(/e-mail address or the password is not correct/)).toBeVisible()
    expect(screen.getByLabelText('E-mail')).toHaveValue(ada.email)
    expect(screen.getByLabelText('Password')).toHaveValue('not this one')
  })

  it('that was tried too often says how long to wait', async () => {
    const registry = createRegistry()
    registry.instead = ({ path }) =>
      path === '/session/sign-in'
        ? problem(429, 'rate-limited', 'Nothing was changed. Try again in 540 s.', { 'retry-after': '540' })
        : undefined
    await visit('/sign-in', registry)
    await type(ada)
    await press('Sign in')
    expect(await screen.findByText(/Too many attempts.*Try again in 9 minutes/)).toBeVisible()
    expect(registry.done()).toEqual(['POST /session/sign-in'])
  })

  it('without a connection says so, and can be tried again', async () => {
    const registry = createRegistry()
    let isDown = true
    registry.instead = ({ path }) =>
      isDown && path === '/session/sign-in' ? (Response.error() as never) : undefined
    const { router } = await visit('/sign-in', registry)
    await type(ada)
    await press('Sign in')
    expect(await screen.findByText(/did not answer/)).toBeVisible()
    isDown = false
    await press('Sign in')
    expect(await screen.findByText(ada.email)).toBeVisible()
    expect(router.state.location.pathname).toBe('/account')
  })

  it('lists what is missing, with focus there', async () => {
    const registry = createRegistry()
    await visit('/sign-in', registry)
    await press('Sign in')
    expect(screen.getByRole('group', { name: 'What is not right' })).toHaveFocus()
    expect(screen.getByLabelText('Password')).toHaveAccessibleDescription('Enter your password.')
    expect(registry.done()).toEqual([])
  })

  it('lets a password manager fill it in, and its own password be seen', async () => {
    await visit('/sign-in', createRegistry())
    expect(screen.getByLabelText('E-mail')).toHaveAttribute('autocomplete', 'username')
    const password = screen.getByLabelText('Password')
    expect(password).toHaveAttribute('autocomplete', 'current-password')
    expect(password).toHaveAttribute('type', 'password')
    await press('Show password')
    expect(password).toHaveAttribute('type', 'text')
    await press('Hide password')
    expect(password).toHaveAttribute('type', 'password')
  })
})

describe('registering', () => {
  it('says the rule before anything is typed', async () => {
    await visit('/register', createRegistry())
    const password = screen.getByLabelText('Password')
    expect(password).toHaveAccessibleDescription(/At least 12 characters. Don’t use your e-mail name./)
    expect(password).toHaveAttribute('autocomplete', 'new-password')
  })

  it('signs in at once, and leads back', async () => {
    const registry = createRegistry()
    const { router } = await visit('/register?then=%2Fcheckout%2Fdetails', registry)
    await type({ email: 'grace@example.org', password: ' four words in a row ' })
    await press('Create account')
    await waitFor(() => expect(router.state.location.pathname).toBe('/checkout/details'))
    // A blank in a password is a part of it.
    expect(registry.heard.at(-1)?.body).toEqual({
      email: 'grace@example.org',
      password: ' four words in a row ',
    })
  })

  it.each([
    ['short', /at least 12 characters. This password has 5/],
    ['x'.repeat(129), /at most 128 characters/],
    ['only grace knows this', /Don’t use the name/],
    ['aaaaaaaabbbbbbbb', /at least 5 different characters/],
    ['grace@example.org', /Don’t use your e-mail address as your password/],
  ])('refuses the password %s before it is sent', async (password, why) => {
    const registry = createRegistry()
    await visit('/register', registry)
    await type({ email: 'Grace@example.org', password })
    await press('Create account')
    expect(screen.getByLabelText('Password')).toHaveAccessibleDescription(why)
    expect(registry.done()).toEqual([])
  })

  it('with an address that has an account leads to signing in', async () => {
    await visit('/register?then=%2Fcart', createRegistry())
    await type({ ...ada, password: 'a quite other one' })
    await press('Create account')
    await waitFor(() => expect(screen.getByRole('group', { name: 'What is not right' })).toHaveFocus())
    expect(screen.getByLabelText('E-mail')).toHaveAccessibleDescription(
      /account with this address already exists/,
    )
    expect(screen.getByRole('link', { name: 'Sign in' })).toHaveAttribute('href', '/sign-in?then=%2Fcart')
  })

  it('with an address that has an account offers to sign in with it, there where it is filled in', async () => {
    const { router } = await visit('/register?then=%2Fcart', createRegistry())
    await type({ ...ada, password: 'a quite other one' })
    await press('Create account')
    await user.click(await screen.findByRole('link', { name: 'Sign in with this address' }))
    await waitFor(() => expect(router.state.location.pathname).toBe('/sign-in'))
    expect(screen.getByLabelText('E-mail')).toHaveValue(ada.email)
    await fill('Password', ada.password)
    await press('Sign in')
    await waitFor(() => expect(router.state.location.pathname).toBe('/cart'))
  })

  it('with an address that has an account offers another password, until it is another address', async () => {
    await visit('/register', createRegistry())
    await type({ ...ada, password: 'a quite other one' })
    await press('Create account')
    await screen.findByRole('link', { name: 'Forgotten your password?' })
    await fill('E-mail', 'grace@example.org')
    expect(screen.queryByRole('link', { name: 'Forgotten your password?' })).toBeNull()
    await type({ ...ada, password: 'a quite other one' })
    await press('Create account')
    await user.click(await screen.findByRole('link', { name: 'Forgotten your password?' }))
    expect(await screen.findByRole('button', { name: 'Send link' })).toBeVisible()
    expect(screen.getByLabelText('E-mail')).toHaveValue(ada.email)
  })

  it('shows the rule of the shop at its field', async () => {
    const registry = createRegistry()
    registry.instead = ({ path }) => {
      if (path !== '/accounts') return undefined
      const violations = [{ field: 'password', message: 'has to be another one' }]
      return Response.json({ type: '/problems/validation', detail: 'No.', violations }, { status: 400 })
    }
    await visit('/register', registry)
    await type({ email: 'grace@example.org', password: 'four words in a row' })
    await press('Create account')
    await waitFor(() =>
      expect(screen.getByLabelText('Password')).toHaveAccessibleDescription(/This has to be another one\./),
    )
  })
})
