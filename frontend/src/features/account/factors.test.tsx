// Second factors: setting them up and removing them, the second step of signing in, and what is said to staff without one.
import { act, fireEvent, screen, waitFor, within } from '@testing-library/react'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { currentSession } from '../../api/session'
import { ADA, ada, CODE, createRegistry, RECOVERY_CODES, type Registry } from '../../testing/accounts'
import { problem, server } from '../../testing/shop'
import { dialog, fill, press, user, visit } from './testing'

beforeAll(async () => {
  server.listen({ onUnhandledRequest: 'error' })
  await import('../../components/ConfirmDialog')
})
afterEach(() => {
  server.resetHandlers()
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})
afterAll(() => server.close())

const app = { id: 'f-1', kind: 'totp', name: 'Phone' }
const passkey = { id: 'f-2', kind: 'passkey', name: 'Laptop' }
const having = (...factors: Registry['factors']) => {
  const registry = createRegistry({ isSignedIn: true })
  registry.factors = factors
  return registry
}
const section = () => within(screen.getByRole('region', { name: 'Second factor' }))
const begin = async (name: string) => user.click(await screen.findByRole('button', { name }))

const hasFocus = async (name: string) =>
  waitFor(() => expect(screen.getByRole('heading', { name })).toHaveFocus())

/** A browser that knows passkeys, and what it answers. */
function passkeysAnswer(answer: () => Promise<unknown>) {
  vi.stubGlobal(
    'PublicKeyCredential',
    Object.assign(() => undefined, {
      parseCreationOptionsFromJSON: (options: unknown) => options,
      parseRequestOptionsFromJSON: (options: unknown) => options,
    }),
  )
  vi.stubGlobal('navigator', Object.assign(navigator, { credentials: { create: answer, get: answer } }))
}

describe('an app', () => {
  it('is set up by the password and a code, and recovery codes are shown once', async () => {
    const registry = having()
    await visit('/account/security', registry)
    await begin('Add an app')
    await hasFocus('Add an app')
    await fill('Confirm with your password', ada.password)
    await press('Continue')
    await hasFocus('Set up the app')
    expect(screen.getByRole('img', { name: 'QR code for your authenticator app' })).toBeVisible()
    expect(screen.getByLabelText('Key for the app')).toHaveTextContent('GEZD GNBV')
    expect(screen.getByLabelText('Code from the app')).toHaveAttribute('autocomplete', 'one-time-code')
    await fill('Code from the app', '123 456')
    await fill('Name', 'My phone')
    await press('Add app')
    await hasFocus('Save these recovery codes now')
    const codes = within(screen.getByRole('list', { name: 'Recovery codes' }))
    expect(codes.getAllByRole('listitem').map((code) => code.textContent)).toEqual(RECOVERY_CODES)
    expect(screen.getByRole('status', { name: 'Second factors' })).toHaveTextContent('My phone added')
    expect(await section().findByText('My phone', { selector: 'p' })).toBeVisible()
    await press('Done, hide codes')
    expect(screen.queryByText(RECOVERY_CODES[0] ?? '')).toBeNull()
    await hasFocus('Second factor')
  })

  const beginIt = async (registry: Registry) => {
    await visit('/account/security', registry)
    await begin('Add an app')
    await fill('Confirm with your password', ada.password)
    await press('Continue')
    await screen.findByLabelText('Code from the app')
  }

  it('can be told its key without typing it', async () => {
    await beginIt(having())
    const clipboard = vi.spyOn(navigator.clipboard, 'writeText').mockResolvedValue(undefined)
    await press('Copy key')
    expect(clipboard).toHaveBeenCalledExactlyOnceWith('GEZDGNBV')
    expect(await screen.findByText('Copied.')).toBeVisible()
  })

  it('that had too many wrong codes is begun again: nothing that cannot work any more is left', async () => {
    const registry = having()
    await beginIt(registry)
    registry.instead = ({ path }) =>
      path.endsWith('totp/confirmation') ? problem(422, 'second-step-expired', 'No.') : undefined
    await fill('Code from the app', CODE)
    await press('Add app')
    await waitFor(() =>
      expect(screen.getByText(/too many attempts.*Start again with your password/)).toHaveFocus(),
    )
    expect(screen.queryByLabelText('Code from the app')).toBeNull()
    expect(screen.queryByRole('img', { name: /QR code/ })).toBeNull()
    await press('Start again')
    expect(screen.getByLabelText('Confirm with your password')).toHaveValue('')
  })

  it('whose code is not right is said at its field', async () => {
    await visit('/account/security', having())
    await begin('Add an app')
    await fill('Confirm with your password', ada.password)
    await press('Continue')
    await screen.findByLabelText('Code from the app')
    await fill('Code from the app', '000000')
    await press('Add app')
    await waitFor(() =>
      expect(screen.getByLabelText('Code from the app')).toHaveAccessibleDescription(/not correct/),
    )
  })

  it('is not begun by whoever does not know the password', async () => {
    await visit('/account/security', having())
    await begin('Add an app')
    await fill('Confirm with your password', 'not this one')
    await press('Continue')
    await waitFor(() =>
      expect(screen.getByLabelText('Confirm with your password')).toHaveAccessibleDescription(
        /password is not correct/,
      ),
    )
    await press('Cancel')
    expect(screen.queryByLabelText('Confirm with your password')).toBeNull()
  })

  it('is removed by the password', async () => {
    const registry = having(app, passkey)
    await visit('/account/security', registry)
    await begin('Remove Phone')
    await fill('Confirm with your password', ada.password)
    await press('Remove')
    await waitFor(() => expect(section().queryByText('Phone', { selector: 'p' })).toBeNull())
    expect(registry.done()).toEqual(['DELETE /account/second-factors/f-1'])
    await hasFocus('Second factor')
  })
})

describe('recovery codes', () => {
  it('are copied, saved, and made anew', async () => {
    await visit('/account/security', having(app))
    const clipboard = vi.spyOn(navigator.clipboard, 'writeText').mockResolvedValue(undefined)
    await begin('New recovery codes')
    await fill('Confirm with your password', ada.password)
    await press('Create new codes')
    await begin('Copy codes')
    expect(clipboard).toHaveBeenCalledExactlyOnceWith(RECOVERY_CODES.join('\n'))
    expect(await screen.findByText('Copied.')).toBeVisible()
    Object.assign(URL, { createObjectURL: () => 'blob:1', revokeObjectURL: () => undefined })
    const names: string[] = []
    vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function (this: HTMLAnchorElement) {
      names.push(this.download)
    })
    await press('Download codes')
    expect(names).toEqual(['cartwright-recovery-codes.txt'])
  })

  const unload = () => {
    const event = new Event('beforeunload', { cancelable: true })
    fireEvent(window, event)
    return event.defaultPrevented
  }

  it('are not left by a link without a question, until somebody has them', async () => {
    const { router } = await visit('/account/security', having(app))
    await begin('New recovery codes')
    await fill('Confirm with your password', ada.password)
    await press('Create new codes')
    await hasFocus('Save these recovery codes now')
    expect(unload()).toBe(true)
    const overview = () => user.click(screen.getByRole('link', { name: 'Overview' }))
    await overview()
    const question = await dialog('Leave without your recovery codes?')
    await user.click(question.getByRole('button', { name: 'Go back to the codes' }))
    await waitFor(() => expect(screen.queryByRole('alertdialog')).toBeNull())
    expect(screen.getByText(RECOVERY_CODES[0] ?? '')).toBeVisible()
    await overview()
    await user.click(
      (await dialog('Leave without your recovery codes?')).getByRole('button', {
        name: 'Leave without saving',
      }),
    )
    await waitFor(() => expect(router.state.location.pathname).toBe('/account'))
    expect(unload()).toBe(false)
  })

  it('that somebody has do not hold them', async () => {
    const { router } = await visit('/account/security', having(app))
    await begin('New recovery codes')
    await fill('Confirm with your password', ada.password)
    await press('Create new codes')
    await begin('Done, hide codes')
    expect(unload()).toBe(false)
    await user.click(screen.getByRole('link', { name: 'Overview' }))
    await waitFor(() => expect(router.state.location.pathname).toBe('/account'))
  })
})

describe('a passkey', () => {
  it('is offered where the browser knows passkeys alone', async () => {
    await visit('/account/security', having())
    await screen.findByRole('button', { name: 'Add an app' })
    expect(screen.queryByRole('button', { name: 'Add a passkey' })).toBeNull()
  })

  it('is made by the browser', async () => {
    passkeysAnswer(() => Promise.resolve({ toJSON: () => ({ id: 'made' }) }))
    const registry = having()
    await visit('/account/security', registry)
    await begin('Add a passkey')
    await fill('Name', 'Laptop')
    await fill('Confirm with your password', ada.password)
    await press('Add passkey')
    expect(await section().findByText('Laptop', { selector: 'p' })).toBeVisible()
    const sent = registry.heard.find(({ path }) => path.endsWith('passkeys/confirmation'))?.body
    expect(sent).toEqual({ setup: 'what-was-begun', credential: { id: 'made' }, name: 'Laptop' })
  })

  it('that the browser does not make changes nothing', async () => {
    passkeysAnswer(() => Promise.reject(new DOMException('no', 'NotAllowedError')))
    const registry = having()
    await visit('/account/security', registry)
    await begin('Add a passkey')
    await fill('Confirm with your password', ada.password)
    await press('Add passkey')
    expect(await screen.findByText(/^No passkey was created/)).toBeVisible()
    expect(registry.factors).toEqual([])
  })

  it('that was added before is not spoken of while another one is', async () => {
    passkeysAnswer(() => Promise.resolve({ toJSON: () => ({ id: 'made' }) }))
    await visit('/account/security', having(app))
    await begin('Add a passkey')
    await fill('Confirm with your password', ada.password)
    await press('Add passkey')
    await screen.findByText(/Passkey added/)
    await hasFocus('Second factor')
    await begin('Add a passkey')
    expect(screen.queryByText(/Passkey added/)).toBeNull()
  })
})

describe('the second step', () => {
  const enter = async (...factors: Registry['factors']) => {
    const registry = createRegistry()
    registry.factors = factors
    const { router } = await visit('/sign-in?then=%2Fcart', registry)
    await fill('E-mail', ada.email)
    await fill('Password', ada.password)
    await press('Sign in')
    await hasFocus('Second step')
    expect(currentSession()?.account).toBeNull()
    return { registry, router }
  }

  it('is taken with a code, and leads back to where one came from', async () => {
    const { router } = await enter(app)
    const field = screen.getByLabelText('Code from your app')
    expect(field).toHaveAttribute('inputmode', 'numeric')
    await fill('Code from your app', '000000')
    await press('Sign in')
    await waitFor(() => expect(field).toHaveAccessibleDescription(/not correct/))
    await fill('Code from your app', CODE)
    await press('Sign in')
    await waitFor(() => expect(router.state.location.pathname).toBe('/cart'))
    expect(currentSession()?.account?.id).toBe(ADA)
  })

  it('is taken with a recovery code instead', async () => {
    const { router } = await enter(app)
    await press('Use a recovery code instead')
    await fill('Recovery code', 'short')
    await press('Sign in')
    expect(screen.getByLabelText('Recovery code')).toHaveAccessibleDescription(/four groups of four/)
    await fill('Recovery code', RECOVERY_CODES[0] ?? '')
    await press('Sign in')
    await waitFor(() => expect(router.state.location.pathname).toBe('/cart'))
  })

  it('is taken with a passkey', async () => {
    passkeysAnswer(() => Promise.resolve({ toJSON: () => ({ id: 'shown' }) }))
    const { registry, router } = await enter(passkey, app)
    await press('Use passkey')
    await waitFor(() => expect(router.state.location.pathname).toBe('/cart'))
    expect(registry.heard.find(({ path }) => path.endsWith('second-step'))?.body).toEqual({
      passkey: { id: 'shown' },
    })
  })

  it('that took too long begins again with the password', async () => {
    const { registry } = await enter(app)
    registry.instead = ({ path }) =>
      path.endsWith('second-step') ? problem(422, 'second-step-expired', 'No.') : undefined
    await fill('Code from your app', CODE)
    await press('Sign in')
    await waitFor(() => expect(screen.getByText(/took too long/)).toHaveFocus())
    // Nothing that cannot work any more.
    expect(screen.queryByLabelText('Code from your app')).toBeNull()
    expect(screen.getAllByRole('button').map((button) => button.textContent)).toEqual(['Start again'])
    await press('Start again')
    await hasFocus('Sign in')
    expect(screen.getByLabelText('Password')).toHaveValue('')
    expect(screen.getByLabelText('E-mail')).toHaveValue(ada.email)
  })

  it('that took too long for a passkey begins again, too', async () => {
    passkeysAnswer(() => Promise.resolve({ toJSON: () => ({ id: 'shown' }) }))
    const { registry } = await enter(passkey)
    registry.instead = ({ path }) =>
      path.endsWith('second-step') ? problem(422, 'second-step-expired', 'No.') : undefined
    await press('Use passkey')
    await waitFor(() => expect(screen.getByText(/took too long/)).toHaveFocus())
    expect(screen.queryByRole('button', { name: 'Use passkey' })).toBeNull()
  })

  it('is left to the password by Back, where the address is still filled in', async () => {
    const { router } = await enter(app)
    await act(() => router.navigate(-1))
    await hasFocus('Sign in')
    expect(screen.getByLabelText('E-mail')).toHaveValue(ada.email)
    expect(router.state.location.search).toBe('?then=%2Fcart')
  })

  it('goes on when the page is loaded again', async () => {
    const registry = createRegistry()
    registry.factors = [app]
    const secondStep = { methods: ['totp', 'recovery-code'], passkey: null, expires_in_seconds: 300 }
    const { router } = await visit({ pathname: '/sign-in', state: { secondStep } }, registry)
    await fill('Code from your app', CODE)
    await press('Sign in')
    await waitFor(() => expect(router.state.location.pathname).toBe('/account'))
  })

  it('says whom to ask where nothing is at hand', async () => {
    await enter(app)
    expect(screen.getByText(/Contact our support from the e-mail address of your account/)).toBeVisible()
  })
})

describe('staff', () => {
  const staff = (...factors: Registry['factors']) => {
    const registry = createRegistry({ isSignedIn: true, roles: ['shopper', 'staff'] })
    registry.factors = factors
    return registry
  }

  it('from before roles needed a second factor are told so, and lose the role with the first one', async () => {
    await visit('/account', staff())
    await user.click(await screen.findByRole('link', { name: 'Set up a second factor' }))
    expect(await screen.findByText(/This removes the role/)).toBeVisible()
    await begin('Add an app')
    await fill('Confirm with your password', ada.password)
    await press('Continue')
    await screen.findByLabelText('Code from the app')
    await fill('Code from the app', CODE)
    await press('Add app')
    await waitFor(() => expect(currentSession()?.account?.withheld_roles).toEqual([]))
    expect(currentSession()?.account?.roles).toEqual(['shopper'])
    await waitFor(() => expect(screen.queryByText(/This removes the role/)).toBeNull())
    expect(screen.queryByRole('link', { name: 'Go to the staff pages' })).toBeNull()
  })

  it('keep their last one', async () => {
    await visit('/account/security', staff(app))
    expect(await screen.findByText(/Your role requires a second factor/)).toBeVisible()
    expect(screen.queryByRole('button', { name: 'Remove Phone' })).toBeNull()
  })
})
