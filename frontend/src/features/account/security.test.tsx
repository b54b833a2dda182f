// The pages of an account: for whom they open, the password, and where somebody is signed in.
import { screen, waitFor, within } from '@testing-library/react'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { currentSession } from '../../api/session'
import { ada, createRegistry, GUEST, type Registry } from '../../testing/accounts'
import { problem, server } from '../../testing/shop'
import { dialog, fill, press, user, visit } from './testing'

beforeAll(async () => {
  server.listen({ onUnhandledRequest: 'error' })
  await import('../../components/ConfirmDialog')
})
afterEach(() => server.resetHandlers())
afterAll(() => server.close())

const signedIn = () => createRegistry({ isSignedIn: true })

describe('the account', () => {
  it('shows whose it is, and where everything is', async () => {
    await visit('/account', signedIn())
    expect(await screen.findByText(ada.email)).toBeVisible()
    const main = within(screen.getByRole('heading', { level: 1 }).parentElement as HTMLElement)
    expect(main.getByRole('link', { name: 'Addresses' })).toHaveAttribute('href', '/account/addresses')
  })

  it('asks a guest to sign in, and comes back', async () => {
    const { router } = await visit('/account/security', createRegistry())
    await waitFor(() => expect(router.state.location.pathname).toBe('/sign-in'))
    expect(router.state.location.search).toBe('?then=%2Faccount%2Fsecurity')
  })

  it('keeps its places while it is asked for', async () => {
    const registry = signedIn()
    registry.instead = ({ path }) => (path === '/account' ? new Promise(() => {}) : undefined)
    await visit('/account', registry)
    expect(await screen.findByText('Loading your account')).toBeInTheDocument()
  })

  it('that does not load is asked for again', async () => {
    const registry = signedIn()
    let isDown = true
    registry.instead = ({ path }) =>
      isDown && path === '/account' ? problem(503, 'unavailable', 'No.') : undefined
    await visit('/account', registry)
    expect(await screen.findByRole('alert')).toHaveTextContent('Your account did not load')
    isDown = false
    await press('Try again')
    expect(await screen.findByText(ada.email)).toBeVisible()
  })

  it('of a session that ended on another device asks to sign in again', async () => {
    const registry = signedIn()
    const { router } = await visit('/account/security', registry)
    await screen.findByText('Safari on iPhone', { selector: 'p' })
    registry.isSignedIn = false
    await press('Sign out Safari on iPhone')
    await user.click((await dialog('Sign out Safari on iPhone?')).getByRole('button', { name: 'Sign out' }))
    await waitFor(() => expect(router.state.location.pathname).toBe('/sign-in'))
    expect(currentSession()).toEqual({ owner: GUEST, account: null })
  })
})

describe('the password', () => {
  const change = async (current: string, next: string) => {
    await screen.findByLabelText('Current password')
    await fill('Current password', current)
    await fill('New password', next)
    await press('Change password')
  }
  const sent = (registry: Registry) => registry.heard.filter(({ path }) => path === '/account/password')

  it('is changed, and says what that does elsewhere', async () => {
    const registry = signedIn()
    await visit('/account/security', registry)
    await change(ada.password, ' a new one of four words')
    expect(await screen.findByText(/Password changed. All other devices are signed out/)).toBeVisible()
    expect(sent(registry)).toMatchObject([
      { method: 'PUT', body: { current: ada.password, new: ' a new one of four words' } },
    ])
    expect(screen.getByLabelText('Current password')).toHaveValue('')
  })

  it('is not changed by whoever does not know it, which is said at its field', async () => {
    await visit('/account/security', signedIn())
    await change('not this one', 'a new one of four words')
    await waitFor(() => expect(screen.getByRole('group', { name: 'What is not right' })).toHaveFocus())
    expect(screen.getByLabelText('Current password')).toHaveAccessibleDescription(
      /This password is not correct/,
    )
  })

  it('is another one than the present', async () => {
    const registry = signedIn()
    await visit('/account/security', registry)
    await change(ada.password, ada.password)
    expect(screen.getByLabelText('New password')).toHaveAccessibleDescription(
      /This is already your password\./,
    )
    expect(sent(registry)).toEqual([])
  })

  it('has its rule said before, and checked before it is sent', async () => {
    const registry = signedIn()
    await visit('/account/security', registry)
    await change(ada.password, 'only ada is here')
    expect(screen.queryByText(/Don’t use the name/)).toBeNull()
    await waitFor(() => expect(sent(registry)).toHaveLength(1))
    await change(ada.password, 'too short')
    expect(screen.getByLabelText('New password')).toHaveAccessibleDescription(
      /At least 12 characters.*This password has 9/,
    )
    expect(sent(registry)).toHaveLength(1)
  })
})

describe('where somebody is signed in', () => {
  it('is listed, and each of the others can be ended after a question', async () => {
    const registry = signedIn()
    await visit('/account/security', registry)
    const list = within(await screen.findByRole('list', { name: 'Your sessions' }))
    expect(list.getByText('Firefox on Linux')).toBeVisible()
    expect(list.getAllByRole('button')).toHaveLength(1)
    await press('Sign out Safari on iPhone')
    const question = await dialog('Sign out Safari on iPhone?')
    await user.click(question.getByRole('button', { name: 'Sign out' }))
    await waitFor(() => expect(list.queryByText('Safari on iPhone', { selector: 'p' })).toBeNull())
    expect(registry.done()).toEqual(['DELETE /account/sessions/there'])
    expect(screen.getByRole('status', { name: 'Sessions' })).toHaveTextContent('Safari on iPhone signed out.')
    await waitFor(() =>
      expect(screen.getByRole('heading', { name: 'Where you are signed in' })).toHaveFocus(),
    )
  })

  it('that does not load is asked for again', async () => {
    const registry = signedIn()
    let isDown = true
    registry.instead = ({ path }) =>
      isDown && path === '/account/sessions' ? problem(503, 'unavailable', 'No.') : undefined
    await visit('/account/security', registry)
    expect(await screen.findByText('Your sessions did not load')).toBeVisible()
    isDown = false
    await press('Try again')
    expect(await screen.findByText('Safari on iPhone', { selector: 'p' })).toBeVisible()
  })

  it('is left everywhere, this one too', async () => {
    const registry = signedIn()
    const { router } = await visit('/account/security', registry)
    await user.click(await screen.findByRole('button', { name: 'Sign out everywhere' }))
    const question = await dialog('Sign out everywhere?')
    await user.click(question.getByRole('button', { name: 'Sign out everywhere' }))
    await waitFor(() => expect(router.state.location.pathname).toBe('/sign-in'))
    await waitFor(() => expect(currentSession()).toEqual({ owner: GUEST, account: null }))
  })

  it('stays as it is when the shop does not answer', async () => {
    const registry = signedIn()
    await visit('/account/security', registry)
    await user.click(await screen.findByRole('button', { name: 'Sign out everywhere' }))
    registry.instead = () => problem(503, 'overloaded', 'No.')
    const question = await dialog('Sign out everywhere?')
    await user.click(question.getByRole('button', { name: 'Sign out everywhere' }))
    expect(await question.findByRole('alert')).toHaveTextContent(/Nothing was changed/)
    expect(currentSession()?.account).not.toBeNull()
  })
})
