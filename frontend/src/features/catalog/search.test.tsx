// Searching: new words look through the whole shop, and a search that finds nothing leads on.
import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { server } from '../../testing/shop'
import { page, product, visit } from './testing'

beforeAll(() => server.listen({ onUnhandledRequest: 'error' }))
afterEach(() => server.resetHandlers())
afterAll(() => server.close())

const user = userEvent.setup({ delay: null })
const search = async () => screen.findByRole('searchbox', { name: 'Search the shop' })

describe('new words', () => {
  it('drop the filters and the order, and Back finds them again', async () => {
    const router = visit('/shop?category=kitchen&in-stock=true&sort=name', () => page(['Mug']))
    await user.type(await search(), 'lamp')
    await waitFor(() => expect(router.state.location.search).toBe('?q=lamp'))
    await router.navigate(-1)
    expect(router.state.location.search).toBe('?category=kitchen&in-stock=true&sort=name')
  })

  it('that are taken away leave the filters', async () => {
    const router = visit('/shop?q=mug&category=kitchen', () => page(['Mug']))
    await user.clear(await search())
    await waitFor(() => expect(router.state.location.search).toBe('?category=kitchen'))
  })
})

describe('the heading', () => {
  it('names the words and how many products they find', async () => {
    visit('/shop?q=mugs', () => page(['Mug', 'Small mug']))
    expect(await screen.findByRole('heading', { level: 1, name: 'Results for “mugs”' })).toBeVisible()
    expect(await screen.findByText('2 products in the whole shop')).toBeVisible()
    expect(screen.getByRole('status')).toHaveTextContent('2 products')
  })

  it('says how many more there are without the filters, and leads to them', async () => {
    visit('/shop?q=mug&category=kitchen', () => page(['Mug'], { elsewhere: 3 }))
    const all = await screen.findByRole('link', { name: '3 in the whole shop' })
    expect(all).toHaveAttribute('href', '/shop?q=mug')
    expect(all.parentElement).toHaveTextContent('1 product in Kitchen, 3 in the whole shop')
  })

  it('leads nowhere where the filters hide nothing', async () => {
    visit('/shop?q=mug&category=kitchen', () => page(['Mug'], { elsewhere: 1 }))
    expect(await screen.findByText('1 product in Kitchen')).toBeVisible()
    expect(screen.queryByRole('link', { name: /in the whole shop/ })).toBeNull()
  })
})

describe('a search that finds nothing', () => {
  it('with filters says what the whole shop has, and leads there', async () => {
    const router = visit('/shop?q=lamp&category=kitchen', (asked) =>
      asked.has('category') ? page([], { elsewhere: 9 }) : page(['Lamp']),
    )
    expect(await screen.findByRole('heading', { name: '0 in Kitchen, 9 in the whole shop' })).toBeVisible()
    await user.click(screen.getByRole('link', { name: 'Show all 9' }))
    expect(await screen.findByRole('link', { name: 'Lamp' })).toBeVisible()
    expect(router.state.location.search).toBe('?q=lamp')
  })

  it.each([
    ['?q=lamp&in-stock=true', '0 with these filters, 1 in the whole shop', 'Show it'],
    ['?q=lamp&category=desk&max-price=999', '0 in Desk with these filters, 1 in the whole shop', 'Show it'],
  ])('names the filters of %s', async (address, heading, way) => {
    visit(`/shop${address}`, () => page([], { elsewhere: 1 }))
    expect(await screen.findByRole('heading', { name: heading })).toBeVisible()
    expect(screen.getByRole('link', { name: way })).toHaveAttribute('href', '/shop?q=lamp')
  })

  it('shows what comes closest, and offers to ask for it with the words filled in', async () => {
    visit('/shop?q=tea%20pot%20%26%20co', () => page([], { nearest: [product('Kettle'), product('Pot')] }))
    expect(await screen.findByRole('heading', { name: 'Nothing matches “tea pot & co”' })).toBeVisible()
    const closest = within(screen.getByRole('region', { name: 'Closest products' }))
    expect(closest.getAllByRole('article')).toHaveLength(2)
    expect(closest.getByRole('link', { name: 'Kettle' })).toHaveAttribute('href', '/products/KETTLE')
    expect(screen.getByRole('link', { name: 'Ask us to get “tea pot & co”' })).toHaveAttribute(
      'href',
      '/requests/new?kind=missing_product&title=tea%20pot%20%26%20co',
    )
  })

  it('without words names other filters, and leads out of them', async () => {
    visit('/shop?category=kitchen&max-price=999', () => page([]))
    expect(
      await screen.findByRole('heading', { name: '0 products in Kitchen with these filters' }),
    ).toBeVisible()
    expect(screen.getByRole('link', { name: 'Show all products' })).toHaveAttribute('href', '/shop')
  })

  it('of no letter and no digit says so, and asks for nothing to be got', async () => {
    visit('/shop?q=---', () => page([], { without_words: true, nearest: [product('Mug')] }))
    expect(await screen.findByRole('heading', { name: 'There is no letter or digit in “---”' })).toBeVisible()
    expect(screen.getByRole('link', { name: 'Mug' })).toBeVisible()
    expect(screen.queryByRole('link', { name: /^Ask us/ })).toBeNull()
  })

  it('is not said to have found nothing while the next one is asked for', async () => {
    const router = visit('/shop?q=xyz', (asked) =>
      asked.get('q') === 'xyz' ? page([]) : new Promise<Response>(() => {}),
    )
    expect(await screen.findByRole('heading', { name: 'Nothing matches “xyz”' })).toBeVisible()
    await router.navigate('/shop?q=mug')
    expect(await screen.findByRole('heading', { name: 'Results for “mug”' })).toBeVisible()
    expect(screen.queryByRole('heading', { name: /^Nothing matches/ })).toBeNull()
  })
})
