// The catalogue's states: waiting, filled, filtered, empty, failed.
import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { problem, server } from '../../testing/shop'
import { page, product, visit } from './testing'

beforeAll(() => server.listen({ onUnhandledRequest: 'error' }))
afterEach(() => server.resetHandlers())
afterAll(() => server.close())

const user = userEvent.setup({ delay: null })

it('keeps a place for every product while they are asked for', async () => {
  visit('/shop', () => new Promise<Response>(() => {}))
  const list = await screen.findByRole('region', { name: 'Products' })
  expect(within(list).getAllByRole('listitem', { hidden: true })).toHaveLength(24)
})

it('shows the products, how many there are, and the counts of the server', async () => {
  visit('/shop', () => page(['Mug', 'Kettle'], { total: 2 }))
  expect(await screen.findByRole('link', { name: 'Kettle' })).toHaveAttribute('href', '/products/KETTLE')
  expect(screen.getByText('2 products')).toBeVisible()
  expect(screen.getByRole('radio', { name: 'Kitchen 7 products' })).not.toBeChecked()
  expect(screen.getByRole('checkbox', { name: 'In stock 4 products' })).toBeVisible()
})

it('puts what is chosen into the address and asks the server', async () => {
  const router = visit('/shop', (asked) =>
    page(asked.get('category') === 'kitchen' ? ['Kettle'] : ['Mug', 'Lamp']),
  )
  await user.click(await screen.findByRole('radio', { name: /Kitchen/ }))
  await waitFor(() => expect(screen.queryByRole('link', { name: 'Lamp' })).toBeNull())
  expect(router.state.location.search).toBe('?category=kitchen')
  expect(screen.getByRole('heading', { level: 1 })).toHaveTextContent('Kitchen')
})

it('lists what is sold in the currency of the shop, and names ranges in it', async () => {
  const asked: (string | null)[] = []
  visit('/shop?max-price=999', (search) => {
    asked.push(search.get('currency'))
    return page([])
  })
  expect(await screen.findByRole('radio', { name: /10\u00a0€ to 25\u00a0€/ })).toBeVisible()
  expect(asked).toEqual(['EUR'])
})

it('searches while somebody types, without a history entry per letter', async () => {
  const searched: (string | null)[] = []
  const router = visit('/shop', (asked) => {
    searched.push(asked.get('q'))
    return page(['Mug'])
  })
  await user.type(await screen.findByRole('searchbox'), 'mug')
  await waitFor(() => expect(router.state.location.search).toBe('?q=mug'))
  await waitFor(() => expect(searched).toEqual([null, 'mug']))
  expect(router.state.historyAction).toBe('REPLACE')
})

it('shows further pages and keeps their number in the address', async () => {
  const router = visit('/shop', (asked) =>
    asked.get('cursor') === 'second'
      ? page(['Lamp'], { total: 2 })
      : page(['Mug'], { total: 2, next: 'second' }),
  )
  await user.click(await screen.findByRole('button', { name: 'Show 1 more' }))
  expect(await screen.findByRole('link', { name: 'Lamp' })).toBeVisible()
  expect(screen.getByRole('link', { name: 'Mug' })).toBeVisible()
  expect(router.state.location.search).toBe('?pages=2')
})

it('an address with several pages shows them all at once', async () => {
  visit('/shop?pages=2', (asked) =>
    asked.get('cursor') === 'second'
      ? page(['Lamp'], { total: 2 })
      : page(['Mug'], { total: 2, next: 'second' }),
  )
  expect(await screen.findByRole('link', { name: 'Lamp' })).toBeVisible()
})

it('says what happened when the shelves do not load, and tries again', async () => {
  let asked = 0
  visit('/shop', () => {
    asked += 1
    return asked === 1 ? problem(503, 'view-not-built', 'Being built.') : page(['Mug'])
  })
  expect(await screen.findByRole('alert')).toHaveTextContent('The shelves did not load')
  await user.click(screen.getByRole('button', { name: 'Try again' }))
  expect(await screen.findByRole('link', { name: 'Mug' })).toBeVisible()
})

it('does not offer a filter that would find nothing, and leaves one that is chosen', async () => {
  const counts = {
    category: [
      { value: 'kitchen', count: 2 },
      { value: 'desk', count: 0 },
    ],
    price: [
      { from: 0, to: 999, count: 0 },
      { from: 1000, to: 2499, count: 2 },
    ],
    availability: [{ value: 'in-stock' as const, count: 0 }],
  }
  visit('/shop?category=desk', () => page([], { facets: counts }))
  expect(await screen.findByRole('radio', { name: 'Kitchen 2 products' })).toBeEnabled()
  expect(screen.getByRole('radio', { name: 'Desk 0 products' })).toBeEnabled()
  expect(screen.getByRole('radio', { name: 'Bath 0 products' })).toBeDisabled()
  expect(screen.getByRole('radio', { name: /^Under 10/ })).toBeDisabled()
  expect(screen.getByRole('checkbox', { name: 'In stock 0 products' })).toBeDisabled()
})

it('shows products without a picture behind the others, and keeps the order of a search', async () => {
  const withPicture = { ...product('Pot'), picture: { drawing: 'pot', colour: 'moss' } }
  const router = visit('/shop', () => page([], { items: [product('Zester'), withPicture], total: 2 }))
  const shown = async () => (await screen.findAllByRole('article')).map((card) => card.textContent)
  expect((await shown()).map((text) => text?.slice(0, 3))).toEqual(['Pot', 'ZZe'])
  await router.navigate('/shop?q=z')
  await waitFor(async () => expect((await shown()).map((text) => text?.slice(0, 3))).toEqual(['ZZe', 'Pot']))
})
