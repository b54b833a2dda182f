// The address book: filled, empty, full, failed, and changed.
import { screen, waitFor, within } from '@testing-library/react'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { createRegistry, home } from '../../testing/accounts'
import { problem, server } from '../../testing/shop'
import { dialog, fill, press, user, visit } from './testing'

beforeAll(async () => {
  server.listen({ onUnhandledRequest: 'error' })
  await import('../../components/ConfirmDialog')
})
afterEach(() => server.resetHandlers())
afterAll(() => server.close())

const AT = '/account/addresses'
const withHome = () => {
  const registry = createRegistry({ isSignedIn: true })
  registry.addresses = [home]
  return registry
}
const add = async () => user.click(await screen.findByRole('button', { name: 'Add address' }))
const fillIn = async () => {
  await screen.findByRole('heading', { name: 'New address' })
  await fill('Name', 'Grace Hopper')
  await user.selectOptions(screen.getByLabelText('Country'), 'France')
  await fill('Street and number', '3 rue du Port')
  await fill('Postal code', '13001')
  await fill('Town or city', 'Marseille')
}

it('an empty book says what it is for', async () => {
  await visit(AT, createRegistry({ isSignedIn: true }))
  expect(await screen.findByText(/No saved addresses yet.*filled in for you/)).toBeVisible()
})

it('keeps its places while it is asked for', async () => {
  const registry = withHome()
  registry.instead = ({ path }) => (path === AT ? new Promise(() => {}) : undefined)
  await visit(AT, registry)
  expect(await screen.findByText('Loading your addresses')).toBeInTheDocument()
})

it('a book that does not load is asked for again', async () => {
  const registry = withHome()
  let isDown = true
  registry.instead = ({ path }) => (isDown && path === AT ? problem(503, 'unavailable', 'No.') : undefined)
  await visit(AT, registry)
  expect(await screen.findByText('Your addresses did not load')).toBeVisible()
  isDown = false
  await press('Try again')
  expect(await screen.findByText(/Lindenstraße 12 · 10969 Berlin · Germany/)).toBeVisible()
})

it('an address is added, with one field for each part of it', async () => {
  const registry = withHome()
  await visit(AT, registry)
  await add()
  await fillIn()
  expect(screen.getByLabelText('Street and number')).toHaveAttribute('autocomplete', 'address-line1')
  await press('Save address')
  const list = within(await screen.findByRole('list', { name: 'Your addresses' }))
  await waitFor(() => expect(list.getAllByRole('listitem')).toHaveLength(2))
  expect(registry.heard.filter(({ method, path }) => method === 'POST' && path === AT)).toMatchObject([
    {
      body: {
        name: 'Grace Hopper',
        country: 'FR',
        line1: '3 rue du Port',
        postal_code: '13001',
        city: 'Marseille',
      },
    },
  ])
  expect(screen.getByRole('status', { name: 'Addresses' })).toHaveTextContent(/Address saved/)
})

it('what is asked for is what addresses of the country have, and nothing else is sent', async () => {
  const registry = withHome()
  registry.countries = ['FR', 'US']
  await visit(AT, registry)
  await add()
  await screen.findByRole('heading', { name: 'New address' })
  await fill('Name', 'Grace Hopper')
  await user.selectOptions(screen.getByLabelText('Country'), 'United States')
  await fill('Street and number', '1 Navy Street')
  await fill('ZIP code', '13001')
  await fill('Town or city', 'New York')
  await press('Save address')
  expect(screen.getByRole('group', { name: 'What is not right' })).toHaveTextContent('Enter the state.')
  await fill('State', 'New York')
  await user.selectOptions(screen.getByLabelText('Country'), 'France')
  expect(screen.queryByLabelText('State')).toBeNull()
  await press('Save address')
  await screen.findByText('Address saved.')
  const sent = registry.heard.find(({ method, path }) => method === 'POST' && path === AT)?.body
  expect(sent).toMatchObject({ country: 'FR', postal_code: '13001' })
  expect(sent).not.toHaveProperty('region')
})

it('what is missing is listed, and nothing is sent', async () => {
  const registry = withHome()
  await visit(AT, registry)
  await add()
  await screen.findByRole('heading', { name: 'New address' })
  await press('Save address')
  const missing = screen.getByRole('group', { name: 'What is not right' })
  expect(missing).toHaveFocus()
  expect(registry.done()).toEqual([])
})

it('an address is changed', async () => {
  const registry = withHome()
  await visit(AT, registry)
  await user.click(await screen.findByRole('button', { name: /^Edit/ }))
  expect(await screen.findByLabelText('Street and number')).toHaveValue('Lindenstraße 12')
  await fill('Street and number', 'Lindenstraße 14')
  await press('Save address')
  expect(await screen.findByText(/Lindenstraße 14 · 10969 Berlin/)).toBeVisible()
  expect(registry.done()).toEqual([`PUT ${AT}/${home.id}`])
})

it('an address is removed after a question', async () => {
  const registry = withHome()
  await visit(AT, registry)
  await user.click(await screen.findByRole('button', { name: /^Remove/ }))
  await user.click((await dialog('Remove this address?')).getByRole('button', { name: 'Remove address' }))
  expect(await screen.findByText(/No saved addresses yet/)).toBeVisible()
  expect(registry.done()).toEqual([`DELETE ${AT}/${home.id}`])
  await waitFor(() => expect(screen.getByRole('heading', { name: 'Addresses' })).toHaveFocus())
})

it('a full book says so', async () => {
  const registry = createRegistry({ isSignedIn: true })
  registry.addresses = Array.from({ length: 20 }, (_, place) => ({ ...home, id: `address-${place}` }))
  await visit(AT, registry)
  expect(await screen.findByText(/You can save up to 20 addresses/)).toBeVisible()
  expect(screen.queryByRole('button', { name: 'Add address' })).toBeNull()
})

it('what the shop refuses is said, and what was typed stays', async () => {
  const registry = withHome()
  await visit(AT, registry)
  await add()
  await fillIn()
  registry.instead = ({ method, path }) =>
    method === 'POST' && path === AT
      ? problem(422, 'address-limit', 'Nothing was changed. It holds 20; delete one that nobody needs.')
      : undefined
  await press('Save address')
  expect(await screen.findByText('It holds 20; delete one that nobody needs.')).toBeVisible()
  expect(screen.getByLabelText('Town or city')).toHaveValue('Marseille')
})

it('an answer that got lost is looked for before it is sent twice', async () => {
  const registry = withHome()
  await visit(AT, registry)
  await add()
  await fillIn()
  registry.instead = ({ method, path }) => {
    if (method !== 'POST' || path !== AT) return undefined
    registry.addresses = [{ ...home, id: 'new', name: 'Grace Hopper' }, ...registry.addresses]
    return Response.error() as never
  }
  await press('Save address')
  expect(await screen.findByText(/The address may be saved already/)).toBeVisible()
  await press('Cancel')
  expect(await screen.findByText('Grace Hopper')).toBeVisible()
})
