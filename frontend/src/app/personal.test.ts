// What is left in a tab for whoever comes next.
import { QueryClient } from '@tanstack/react-query'
import { http, HttpResponse } from 'msw'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { beginSession, signedIn, signedOut } from '../api/session'
import { keep, keepAttempt, kept } from '../features/checkout/kept'
import { rememberSentToBank } from '../features/orders/bank'
import { keepDraft, noDraft } from '../features/requests/draft'
import { ADA, createRegistry } from '../testing/accounts'
import { server } from '../testing/shop'
import { keepPersonal } from './personal'

beforeAll(() => server.listen({ onUnhandledRequest: 'error' }))
let stop = () => {}
let client = new QueryClient()
beforeEach(() => {
  client = new QueryClient()
  stop = keepPersonal(client)
  client.setQueryData(['orders', 'own'], 'mine')
  client.setQueryData(['products', 'all'], 'everybody’s')
  keep({ ...kept(), contact: { ...kept().contact, name: 'Ada' } })
  keepAttempt('an-order', { key: 'a-key', method: 'pm_card_visa' })
  rememberSentToBank('an-attempt')
  keepDraft({ ...noDraft, title: 'A mug for Ada' })
  sessionStorage.setItem('of-another-program', 'stays')
})
afterEach(() => {
  stop()
  sessionStorage.clear()
  server.resetHandlers()
})
afterAll(() => server.close())

const ada = { owner: ADA, account: { id: ADA, roles: ['shopper'], withheld_roles: [] } }

it('nothing of a customer is left when they sign out', async () => {
  const registry = createRegistry({ isSignedIn: true })
  server.use(...registry.handlers)
  await beginSession()
  registry.isSignedIn = false
  signedOut()
  expect(client.getQueryData(['orders', 'own'])).toBeUndefined()
  expect(client.getQueryData(['products', 'all'])).toBe('everybody’s')
  expect(kept().contact.name).toBe('')
  expect(Object.keys(sessionStorage)).toEqual(['of-another-program'])
})

it('what a guest typed for the checkout is still there after signing in', async () => {
  server.use(...createRegistry().handlers)
  await beginSession()
  signedIn(ada, null)
  expect(client.getQueryData(['orders', 'own'])).toBeUndefined()
  expect(kept().contact.name).toBe('Ada')
})

it('a role that came or went changes nothing of what was read', async () => {
  server.use(http.post('*/api/commands/session', () => HttpResponse.json(ada)))
  await beginSession()
  signedIn({ ...ada, account: { id: ADA, roles: ['shopper', 'staff'], withheld_roles: [] } }, null)
  expect(client.getQueryData(['orders', 'own'])).toBe('mine')
})
