// API keys, what the shop knows of a person, and the end of an account.
import { act, screen, waitFor, within } from '@testing-library/react'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { currentSession } from '../../api/session'
import { ada, createRegistry, GUEST } from '../../testing/accounts'
import { problem, server } from '../../testing/shop'
import { dialog, fill, press, user, visit } from './testing'

beforeAll(async () => {
  server.listen({ onUnhandledRequest: 'error' })
  await import('../../components/ConfirmDialog')
})
afterEach(() => server.resetHandlers())
afterAll(() => server.close())

const signedIn = (roles = ['shopper']) => createRegistry({ isSignedIn: true, roles })

describe('API keys', () => {
  it('are shown once, to be copied', async () => {
    const registry = signedIn(['shopper', 'staff'])
    await visit('/account/security/keys', registry)
    const clipboard = vi.spyOn(navigator.clipboard, 'writeText').mockResolvedValue(undefined)
    expect(await screen.findByText(/No API keys yet/)).toBeVisible()
    await fill('Name', 'Stock import')
    await user.selectOptions(screen.getByLabelText('Role'), 'staff')
    await fill('Expires after (days)', '30')
    await fill('Your password', ada.password)
    await press('Create key')
    const shown = await screen.findByRole('heading', { name: 'Stock import: copy this key now' })
    expect(shown).toHaveFocus()
    expect(screen.getByText('cw_shown_once')).toBeVisible()
    expect(registry.heard.find(({ method, path }) => method === 'POST' && path !== '/session')?.body).toEqual(
      {
        name: 'Stock import',
        role: 'staff',
        expires_in_days: 30,
        password: ada.password,
      },
    )
    await press('Copy key')
    expect(clipboard).toHaveBeenCalledExactlyOnceWith('cw_shown_once')
    expect(await screen.findByText('Copied.')).toBeVisible()
    await press('Done, hide key')
    expect(screen.queryByText('cw_shown_once')).toBeNull()
    expect(screen.getByRole('heading', { name: 'Your keys' })).toHaveFocus()
    expect(
      within(screen.getByRole('list', { name: 'Your keys' })).getByText('Stock import', { selector: 'p' }),
    ).toBeVisible()
  })

  it('of a browser that copies nothing are marked', async () => {
    await visit('/account/security/keys', signedIn())
    vi.spyOn(navigator.clipboard, 'writeText').mockRejectedValue(new Error('not allowed'))
    await screen.findByText(/No API keys yet/)
    await fill('Name', 'A key')
    await fill('Your password', ada.password)
    await press('Create key')
    await user.click(await screen.findByRole('button', { name: 'Copy key' }))
    expect(await screen.findByText(/The key is selected/)).toBeVisible()
    expect(window.getSelection()?.toString()).toBe('cw_shown_once')
  })

  it('can do no more than the account', async () => {
    await visit('/account/security/keys', signedIn())
    const roles = await screen.findByLabelText('Role')
    expect(within(roles).getAllByRole('option')).toHaveLength(1)
  })

  it('have a name and an end', async () => {
    const registry = signedIn()
    await visit('/account/security/keys', registry)
    await screen.findByLabelText('Name')
    await fill('Expires after (days)', '400')
    await press('Create key')
    expect(screen.getByRole('group', { name: 'What is not right' })).toHaveTextContent(
      'Please check 3 fields',
    )
    expect(registry.done()).toEqual([])
  })

  it('are not made by whoever does not know the password', async () => {
    await visit('/account/security/keys', signedIn())
    await screen.findByLabelText('Name')
    await fill('Name', 'A key')
    await fill('Your password', 'not this one')
    await press('Create key')
    await waitFor(() =>
      expect(screen.getByLabelText('Your password')).toHaveAccessibleDescription(/No key was created/),
    )
  })

  it('that may do more than shop end within a month', async () => {
    const registry = signedIn(['shopper', 'staff'])
    await visit('/account/security/keys', registry)
    expect(await screen.findByLabelText('Expires after (days)')).toHaveAccessibleDescription('At most 365.')
    await user.selectOptions(screen.getByLabelText('Role'), 'staff')
    expect(screen.getByLabelText('Expires after (days)')).toHaveAccessibleDescription('At most 30.')
    await fill('Name', 'Import')
    await fill('Expires after (days)', '31')
    await fill('Your password', ada.password)
    await press('Create key')
    expect(screen.getByRole('group', { name: 'What is not right' })).toHaveTextContent('from 1 to 30')
    expect(registry.done()).toEqual([])
  })

  it('are revoked after a question', async () => {
    const registry = signedIn()
    registry.keys = [{ id: 'k-1', name: 'Old script', role: 'shopper' }]
    await visit('/account/security/keys', registry)
    await user.click(await screen.findByRole('button', { name: 'Revoke Old script' }))
    await user.click((await dialog('Revoke Old script?')).getByRole('button', { name: 'Revoke key' }))
    expect(await screen.findByText(/No API keys yet/)).toBeVisible()
    expect(registry.done()).toEqual(['DELETE /account/api-keys/k-1'])
    await waitFor(() => expect(screen.getByRole('heading', { name: 'Your keys' })).toHaveFocus())
  })

  it('are for developers, and found under Security alone', async () => {
    await visit('/account/security', signedIn())
    const nav = screen.getByRole('navigation', { name: 'Account' })
    expect(within(nav).queryByRole('link', { name: 'API keys' })).toBeNull()
    await user.click(await screen.findByRole('link', { name: 'API keys' }))
    expect(await screen.findByRole('heading', { level: 1, name: 'API keys' })).toBeVisible()
    expect(within(nav).getByRole('link', { name: 'Security' })).toHaveAttribute('aria-current', 'page')
  })

  it('say what ends them', async () => {
    await visit('/account/security/keys', signedIn())
    expect(
      await screen.findByText(
        /change your password, sign out everywhere, remove a second factor or create new/,
      ),
    ).toBeVisible()
  })

  it('that do not load are asked for again', async () => {
    const registry = signedIn()
    let isDown = true
    registry.instead = ({ path }) =>
      isDown && path === '/account/api-keys' ? problem(503, 'unavailable', 'No.') : undefined
    await visit('/account/security/keys', registry)
    expect(await screen.findByText('Your keys did not load')).toBeVisible()
    isDown = false
    await press('Try again')
    expect(await screen.findByText(/No API keys yet/)).toBeVisible()
  })

  it('whose creation was not answered may be there, unseen', async () => {
    const registry = signedIn()
    await visit('/account/security/keys', registry)
    await screen.findByText(/No API keys yet/)
    registry.instead = ({ method, path }) => {
      if (method !== 'POST' || path === '/session') return undefined
      registry.keys = [{ id: 'k-1', name: 'Lost', role: 'shopper' }]
      return Response.error() as never
    }
    await fill('Name', 'Lost')
    await fill('Your password', ada.password)
    await press('Create key')
    expect(await screen.findByText(/revoke it, because it was never shown/)).toBeVisible()
    expect(await screen.findByRole('button', { name: 'Revoke Lost' })).toBeVisible()
  })
})

describe('my data', () => {
  const saved = () => {
    const names: string[] = []
    vi.stubGlobal(
      'URL',
      Object.assign(URL, { createObjectURL: () => 'blob:1', revokeObjectURL: () => undefined }),
    )
    vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function (this: HTMLAnchorElement) {
      names.push(this.download)
    })
    return names
  }

  it('is saved as a file', async () => {
    await visit('/account/data', signedIn())
    const button = await screen.findByRole('button', { name: 'Download my data' })
    const names = saved()
    await user.click(button)
    expect(await screen.findByText(/saved as cartwright-my-data.json/)).toBeVisible()
    expect(names).toEqual(['cartwright-my-data.json'])
  })

  it('that cannot be fetched at the moment is said', async () => {
    const registry = signedIn()
    registry.instead = ({ path }) =>
      path === '/account/export' ? problem(503, 'unavailable', 'No.') : undefined
    await visit('/account/data', registry)
    await user.click(await screen.findByRole('button', { name: 'Download my data' }))
    expect(await screen.findByText(/went wrong on our side. Nothing was changed/)).toBeVisible()
  })
})

describe('deleting the account', () => {
  const ask = async (password: string) => {
    await screen.findByLabelText('Your password')
    await fill('Your password', password)
    await press('Delete my account')
    return dialog('Delete your account permanently?')
  }

  it('says what goes and what stays, asks for the password, and says goodbye', async () => {
    const registry = signedIn()
    const { router } = await visit('/account/data', registry)
    expect(await screen.findByText(/your orders with their items and amounts/)).toBeVisible()
    const question = await ask(ada.password)
    expect(registry.done()).toEqual([])
    await user.click(question.getByRole('button', { name: 'Delete permanently' }))
    expect(await screen.findByRole('heading', { name: 'Your account is deleted' })).toBeVisible()
    expect(router.state.location.pathname).toBe('/farewell')
    await waitFor(() => expect(currentSession()).toEqual({ owner: GUEST, account: null }))
    expect(registry.heard.find(({ method }) => method === 'DELETE')?.body).toEqual({ password: ada.password })
  })

  it('is said to nobody whose account was not deleted just now', async () => {
    const { router } = await visit('/farewell', signedIn())
    await waitFor(() => expect(router.state.location.pathname).toBe('/'))
    expect(screen.queryByText('Your account is deleted')).toBeNull()
    expect(currentSession()?.account).not.toBeNull()
  })

  it('is said once, also to whoever comes back to it', async () => {
    const { router } = await visit({ pathname: '/farewell', state: { isDeleted: true } }, createRegistry())
    expect(await screen.findByRole('heading', { name: 'Your account is deleted' })).toBeVisible()
    await act(() => router.navigate('/shop'))
    await act(() => router.navigate(-1))
    await waitFor(() => expect(router.state.location.pathname).toBe('/'))
  })

  it('is not done by whoever does not know the password', async () => {
    await visit('/account/data', signedIn())
    const question = await ask('not this one')
    await user.click(question.getByRole('button', { name: 'Delete permanently' }))
    await waitFor(() =>
      expect(screen.getByLabelText('Your password')).toHaveAccessibleDescription(/Nothing was deleted/),
    )
    expect(currentSession()?.account).not.toBeNull()
  })

  it('can be thought over', async () => {
    const registry = signedIn()
    await visit('/account/data', registry)
    const question = await ask(ada.password)
    await user.click(question.getByRole('button', { name: 'Keep my account' }))
    await waitFor(() => expect(screen.queryByRole('alertdialog')).toBeNull())
    expect(registry.done()).toEqual([])
  })

  it('that was not answered says how to know', async () => {
    const registry = signedIn()
    registry.instead = ({ method }) => (method === 'DELETE' ? (Response.error() as never) : undefined)
    await visit('/account/data', registry)
    const question = await ask(ada.password)
    await user.click(question.getByRole('button', { name: 'Delete permanently' }))
    expect(await question.findByRole('alert')).toHaveTextContent(/If you are signed out/)
  })
})
