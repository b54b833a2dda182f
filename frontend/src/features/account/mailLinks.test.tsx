// What goes through a mail: a forgotten password, a new address, and its confirmation.
import { act, screen, waitFor } from '@testing-library/react'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { currentSession } from '../../api/session'
import { ada, createRegistry, LINK_TOKEN } from '../../testing/accounts'
import { problem, server } from '../../testing/shop'
import { fill, press, user, visit } from './testing'

beforeAll(() => server.listen({ onUnhandledRequest: 'error' }))
afterEach(() => server.resetHandlers())
afterAll(() => server.close())

const titled = (name: string) => screen.findByRole('heading', { level: 1, name })
/** It takes focus in a moment of its own after it is there. */
const focused = async (name: string) => {
  const heading = await titled(name)
  await waitFor(() => expect(heading).toHaveFocus())
}

describe('a forgotten password', () => {
  it('is asked for without saying whether there is such an account', async () => {
    const registry = createRegistry()
    await visit('/forgotten', registry)
    await fill('E-mail', 'grace@example.org')
    await press('Send link')
    await focused('Check your e-mail')
    expect(screen.getByText(/If there is an account with grace@example.org/)).toBeVisible()
    expect(screen.getByText(/The link works once, within half an hour\./)).toBeVisible()
    expect(registry.heard.at(-1)).toMatchObject({
      path: '/password-resets',
      body: { email: 'grace@example.org' },
    })
    await press('Try again')
    expect(screen.getByLabelText('E-mail')).toHaveValue('grace@example.org')
  })

  it.each(['grace', 'nobody@nowhere'])('needs an address that looks like one: not %s', async (typed) => {
    const registry = createRegistry()
    await visit('/forgotten', registry)
    await fill('E-mail', typed)
    await press('Send link')
    expect(screen.getByRole('group', { name: 'What is not right' })).toHaveFocus()
    expect(registry.done()).toEqual([])
  })

  it('that the shop does not answer to can be asked for again', async () => {
    const registry = createRegistry()
    await visit('/forgotten', registry)
    registry.instead = () => Response.error() as never
    await fill('E-mail', ada.email)
    await press('Send link')
    expect(await screen.findByText(/did not answer/)).toBeVisible()
  })
})

describe('the link for a new password', () => {
  const choose = async (password = 'a new one of four words') => {
    await fill('New password', password)
    await press('Change password')
  }

  it('is taken out of the address, and changes the password', async () => {
    const registry = createRegistry({ isSignedIn: true })
    const { router } = await visit(`/account/reset#${LINK_TOKEN}`, registry)
    await waitFor(() => expect(router.state.location.hash).toBe(''))
    await choose()
    await focused('Password changed')
    expect(registry.heard.find(({ path }) => path === '/password-resets/redeem')?.body).toEqual({
      token: LINK_TOKEN,
      password: 'a new one of four words',
    })
    expect(screen.getByRole('link', { name: 'Sign in' })).toHaveAttribute('href', '/sign-in')
    // It ended every session, this one too.
    await waitFor(() => expect(currentSession()?.account).toBeNull())
  })

  it('that was used or is too old leads to another one', async () => {
    await visit('/account/reset#an-old-one', createRegistry())
    await choose()
    await focused('This link no longer works')
    expect(screen.getByRole('link', { name: 'Send another link' })).toHaveAttribute('href', '/forgotten')
  })

  it('that is cut off, or was taken out of the address, has to be opened again', async () => {
    await visit('/account/reset', createRegistry())
    expect(await titled('Open the link in the e-mail again')).toBeVisible()
    expect(screen.queryByLabelText('New password')).toBeNull()
    expect(screen.queryByText(/has been used/)).toBeNull()
  })

  it('that is good is taken where the page of a dead one stands', async () => {
    const registry = createRegistry()
    const { router } = await visit('/account/reset#an-old-one', registry)
    await choose()
    await focused('This link no longer works')
    await act(() => router.navigate(`/account/reset#${LINK_TOKEN}`))
    await waitFor(() => expect(router.state.location.hash).toBe(''))
    await choose()
    await focused('Password changed')
    expect(registry.heard.findLast(({ path }) => path === '/password-resets/redeem')?.body).toMatchObject({
      token: LINK_TOKEN,
    })
  })

  it('says the rule before, and checks it', async () => {
    const registry = createRegistry()
    await visit(`/account/reset#${LINK_TOKEN}`, registry)
    expect(await screen.findByLabelText('New password')).toHaveAccessibleDescription(/At least 12 characters/)
    await choose('short')
    expect(registry.done()).toEqual([])
  })
})

describe('the link that confirms an address', () => {
  it('takes one press, which programs that look into mails do not make', async () => {
    const registry = createRegistry({ isSignedIn: true })
    const { router } = await visit(`/account/confirm#${LINK_TOKEN}`, registry)
    await waitFor(() => expect(router.state.location.hash).toBe(''))
    expect(registry.done()).toEqual([])
    await press('Confirm address')
    expect(await titled('Your e-mail address is confirmed')).toBeVisible()
    expect(screen.getByText(/Your account uses ada@example.org/)).toBeVisible()
  })

  it('that does not work any more says where to get another one', async () => {
    await visit('/account/confirm#an-old-one', createRegistry())
    await user.click(await screen.findByRole('button', { name: 'Confirm address' }))
    await focused('This link no longer works')
  })

  it('that is cut off, or was taken out of the address, has to be opened again', async () => {
    await visit('/account/confirm', createRegistry())
    expect(await titled('Open the link in the e-mail again')).toBeVisible()
    expect(screen.queryByText(/has been used/)).toBeNull()
  })

  it('that is good is taken where the page of a dead one stands', async () => {
    const registry = createRegistry({ isSignedIn: true })
    const { router } = await visit('/account/confirm#an-old-one', registry)
    await press('Confirm address')
    await focused('This link no longer works')
    await act(() => router.navigate(`/account/confirm#${LINK_TOKEN}`))
    await press('Confirm address')
    await focused('Your e-mail address is confirmed')
  })

  it('ends in a new password where its account is not signed in, and says why', async () => {
    const registry = createRegistry()
    await visit(`/account/confirm#${LINK_TOKEN}`, registry)
    await press('Confirm address')
    await focused('Choose a new password')
    expect(screen.getByText(/Somebody else may have registered with your e-mail address/)).toBeVisible()
    await fill('New password', 'short')
    await press('Confirm address')
    expect(registry.heard.filter(({ path }) => path === '/email-confirmations')).toHaveLength(1)
    await fill('New password', 'a new one of four words')
    await press('Confirm address')
    await focused('Your e-mail address is confirmed')
    expect(registry.heard.findLast(({ path }) => path === '/email-confirmations')?.body).toEqual({
      token: LINK_TOKEN,
      password: 'a new one of four words',
    })
    expect(screen.getByRole('link', { name: 'Sign in' })).toHaveAttribute('href', '/sign-in')
  })

  it('that was used while the password was chosen says so', async () => {
    const registry = createRegistry()
    await visit(`/account/confirm#${LINK_TOKEN}`, registry)
    await press('Confirm address')
    await titled('Choose a new password')
    registry.instead = ({ path }) =>
      path === '/email-confirmations' ? problem(422, 'link-expired', 'Nothing was changed.') : undefined
    await fill('New password', 'a new one of four words')
    await press('Confirm address')
    await focused('This link no longer works')
  })

  it('can be pressed again when the shop does not answer', async () => {
    const registry = createRegistry({ isSignedIn: true })
    await visit(`/account/confirm#${LINK_TOKEN}`, registry)
    registry.instead = () => problem(503, 'unavailable', 'No.')
    await press('Confirm address')
    expect(await screen.findByText(/Nothing was changed. Please try again/)).toBeVisible()
    registry.instead = () => undefined
    await press('Confirm address')
    expect(await titled('Your e-mail address is confirmed')).toBeVisible()
  })

  it('is sent again to whoever has not opened it', async () => {
    const registry = createRegistry({ isSignedIn: true })
    registry.isConfirmed = false
    await visit('/account', registry)
    await user.click(await screen.findByRole('button', { name: 'Send the link again' }))
    expect(await screen.findByText(`We have sent the link to ${ada.email}.`)).toBeVisible()
    expect(registry.done()).toEqual(['POST /account/confirmation-mail'])
  })

  it('is not spoken of where it is not needed', async () => {
    await visit('/account', createRegistry({ isSignedIn: true }))
    await screen.findByText(ada.email)
    expect(screen.queryByText(/Please confirm your e-mail address/)).toBeNull()
  })
})

describe('another e-mail address', () => {
  const change = async (password: string) => {
    await screen.findByLabelText('New e-mail address')
    await fill('New e-mail address', 'countess@example.org')
    await fill('Your password', password)
    await press('Send the link')
  }

  it('is the account’s once its link was opened, and not before', async () => {
    const registry = createRegistry({ isSignedIn: true })
    await visit('/account/security', registry)
    await change(ada.password)
    expect(
      await screen.findByText(
        /sent a link to countess@example.org. Your e-mail address stays ada@.* until you open it/,
      ),
    ).toBeVisible()
    expect(registry.heard.at(-1)?.body).toEqual({ email: 'countess@example.org', password: ada.password })
  })

  it('needs the password, which is said at its field', async () => {
    await visit('/account/security', createRegistry({ isSignedIn: true }))
    await change('not this one')
    await waitFor(() =>
      expect(screen.getByLabelText('Your password')).toHaveAccessibleDescription(/password is not correct/),
    )
  })

  it('is another one than the present', async () => {
    const registry = createRegistry({ isSignedIn: true })
    await visit('/account/security', registry)
    await screen.findByLabelText('New e-mail address')
    await fill('New e-mail address', ada.email.toUpperCase())
    await fill('Your password', ada.password)
    await press('Send the link')
    expect(screen.getByLabelText('New e-mail address')).toHaveAccessibleDescription(
      'This is already your e-mail address.',
    )
    expect(registry.done()).toEqual([])
  })

  it('that somebody else has is refused at its field', async () => {
    const registry = createRegistry({ isSignedIn: true })
    registry.instead = ({ path }) =>
      path === '/account/email-change' ? problem(422, 'email-taken', 'Nothing was changed.') : undefined
    await visit('/account/security', registry)
    await change(ada.password)
    await waitFor(() =>
      expect(screen.getByLabelText('New e-mail address')).toHaveAccessibleDescription(/Another account/),
    )
  })
})
