// The cart against a shop that answers slowly, twice, wrongly or not at all.
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { act, render, screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { MemoryRouter } from 'react-router'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { TestEventSource } from '../../testing/live'
import { createShop, problem, server, type TestShop } from '../../testing/shop'
import { useCart } from './CartContext'
import { CartPage } from './CartPage'
import { CartProvider } from './CartProvider'
import { CartVoice } from './CartVoice'
import { cartDocument, eur, lamp, mug } from './fixtures'

beforeAll(() => server.listen({ onUnhandledRequest: 'error' }))
afterAll(() => server.close())
beforeEach(() => {
  vi.stubGlobal('EventSource', TestEventSource)
  online(true)
})
afterEach(() => {
  server.resetHandlers()
  TestEventSource.open = []
})

function online(is: boolean) {
  vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(is)
  act(() => {
    window.dispatchEvent(new Event(is ? 'online' : 'offline'))
  })
}

function Shelf() {
  const { add } = useCart()
  return (
    <button type="button" onClick={() => add(lamp(1))}>
      Add the lamp
    </button>
  )
}

function visit(shop: TestShop) {
  server.use(...shop.handlers)
  return render(
    <QueryClientProvider client={new QueryClient()}>
      <CartProvider>
        <MemoryRouter>
          <Shelf />
          <CartPage />
          <CartVoice />
        </MemoryRouter>
      </CartProvider>
    </QueryClientProvider>,
  )
}

const user = userEvent.setup({ delay: null })
const press = (name: string | RegExp) => user.click(screen.getByRole('button', { name }))
const quantityOf = (name: string) => screen.queryByRole('textbox', { name: `Quantity of ${name}` })
const line = (name: string) =>
  within(screen.getByRole('heading', { name, level: 3 }).closest('li') as HTMLElement)
const pressPlus = () => line('Morning mug').getByRole('button', { name: /Increase/ })

/** Answers a request only when the test says so. */
function gate() {
  let open = () => {}
  const opened = new Promise<void>((resolve) => (open = resolve))
  return { opened, open: () => open() }
}

it('an added item is in the cart before the shop has answered', async () => {
  const shop = createShop()
  const answer = gate()
  shop.instead = async () => {
    await answer.opened
    return undefined as unknown as Response
  }
  visit(shop)
  await screen.findByText('Your cart is empty.')
  await press('Add the lamp')
  expect(screen.getByTestId('subtotal')).toHaveTextContent('145.00 €')
  expect(await screen.findByRole('textbox', { name: 'Quantity of Moss lamp' })).toHaveValue('1')
  expect(screen.getByText('updating')).toBeVisible()
  answer.open()
  await waitFor(() => expect(screen.queryByText('updating')).toBeNull())
  expect(shop.lines).toMatchObject([{ sku: lamp().sku, quantity: 1 }])
})

it('three quick clicks on plus are one command', async () => {
  const shop = createShop([mug(1)])
  visit(shop)
  await screen.findByRole('heading', { name: 'Morning mug' })
  const plus = pressPlus()
  act(() => {
    for (let click = 0; click < 3; click += 1) plus.click()
  })
  expect(quantityOf('Morning mug')).toHaveValue('4')
  await waitFor(() => expect(shop.heard).toHaveLength(1))
  await waitFor(() => expect(screen.getByTestId('subtotal')).toHaveAttribute('data-settling', 'settled'))
  expect(shop.heard).toMatchObject([{ method: 'PUT', body: { quantity: 4 } }])
})

it('commands go out one after another', async () => {
  const shop = createShop([mug(1)])
  const first = gate()
  shop.instead = async ({ method }) => {
    if (method === 'POST') await first.opened
    return undefined as unknown as Response
  }
  visit(shop)
  await screen.findByRole('heading', { name: 'Morning mug' })
  await press('Add the lamp')
  await press('Remove Morning mug')
  await waitFor(() => expect(shop.heard.map(({ method }) => method)).toEqual(['POST']))
  first.open()
  await waitFor(() => expect(shop.heard.map(({ method }) => method)).toEqual(['POST', 'DELETE']))
})

it('a refused change is rolled back with the words of the shop', async () => {
  const shop = createShop([mug(1)])
  shop.instead = () => problem(422, 'unknown-product', 'This lamp is no longer sold.')
  visit(shop)
  await screen.findByRole('heading', { name: 'Morning mug' })
  await press('Add the lamp')
  expect(await screen.findByText(/Moss lamp could not be added. This lamp is no longer sold./)).toBeVisible()
  expect(quantityOf('Moss lamp')).toBeNull()
  expect(quantityOf('Morning mug')).toHaveValue('1')
  expect(screen.getByTestId('subtotal')).toHaveTextContent('22.00 €')
})

it('a shop that keeps failing is given up on, with the same key each time', async () => {
  const shop = createShop([mug(1)])
  shop.instead = () => problem(500, 'internal', 'Something broke.')
  visit(shop)
  await screen.findByRole('heading', { name: 'Morning mug' })
  await press('Remove Morning mug')
  expect(await screen.findByText(/was not removed. Something broke./, {})).toBeVisible()
  expect(quantityOf('Morning mug')).toHaveValue('1')
  expect(new Set(shop.heard.map(({ key }) => key)).size).toBe(1)
  expect(shop.heard.length).toBeGreaterThan(1)
})

it('a shop that asks to wait is asked again after that time', async () => {
  const shop = createShop([mug(1)])
  let refusals = 0
  shop.instead = () => {
    refusals += 1
    return refusals === 1 ? problem(429, 'rate-limited', 'Slowly.', { 'retry-after': '1' }) : undefined
  }
  visit(shop)
  await screen.findByRole('heading', { name: 'Morning mug' })
  const before = Date.now()
  await press('Remove Morning mug')
  await waitFor(() => expect(shop.lines).toEqual([]))
  expect(Date.now() - before).toBeGreaterThanOrEqual(1000)
  expect(screen.queryByText(/was not removed/)).toBeNull()
  expect(quantityOf('Morning mug')).toBeNull()
})

it('an answer that got lost is asked for again, and the change counts once', async () => {
  const shop = createShop([mug(1)])
  let lost = 0
  shop.afterwards = () => {
    lost += 1
    return lost === 1 ? problem(502, 'unavailable', 'Nobody there.', { 'retry-after': '0' }) : undefined
  }
  visit(shop)
  await screen.findByRole('heading', { name: 'Morning mug' })
  await press('Add the lamp')
  await waitFor(() => expect(shop.heard).toHaveLength(2))
  expect(shop.heard[0]?.key).toBe(shop.heard[1]?.key)
  await waitFor(() => expect(screen.getByTestId('subtotal')).toHaveAttribute('data-settling', 'settled'))
  expect(quantityOf('Moss lamp')).toHaveValue('1')
})

it('a document from the live stream that holds our unanswered add does not count it twice', async () => {
  const shop = createShop([mug(1)])
  const answer = gate()
  shop.afterwards = async () => {
    await answer.opened
    return undefined as unknown as Response
  }
  visit(shop)
  await screen.findByRole('heading', { name: 'Morning mug' })
  await press('Add the lamp')
  await waitFor(() => expect(shop.lines).toHaveLength(2))
  act(() => TestEventSource.say('cart', shop.document()))
  expect(quantityOf('Moss lamp')).toHaveValue('1')
  answer.open()
  await waitFor(() => expect(screen.getByTestId('subtotal')).toHaveAttribute('data-settling', 'settled'))
  expect(quantityOf('Moss lamp')).toHaveValue('1')
})

it('a document older than the one held is dropped', async () => {
  visit(createShop([mug(1)]))
  await screen.findByRole('heading', { name: 'Morning mug' })
  act(() => TestEventSource.say('cart', cartDocument(9, [mug(6)])))
  expect(quantityOf('Morning mug')).toHaveValue('6')
  act(() => TestEventSource.say('cart', cartDocument(8, [mug(5)])))
  expect(quantityOf('Morning mug')).toHaveValue('6')
})

it('a reload sends what was not answered again, under the same key', async () => {
  const shop = createShop([mug(1)])
  shop.instead = () => new Promise(() => {})
  const page = visit(shop)
  await screen.findByRole('heading', { name: 'Morning mug' })
  await press('Add the lamp')
  await waitFor(() => expect(shop.heard).toHaveLength(1))
  page.unmount()

  shop.instead = () => undefined
  visit(shop)
  await waitFor(() => expect(shop.heard).toHaveLength(2))
  expect(shop.heard[1]).toEqual(shop.heard[0])
  await waitFor(() => expect(quantityOf('Moss lamp')).toHaveValue('1'))
  await waitFor(() => expect(sessionStorage.getItem('cartwright.unanswered')).not.toContain('"add"'))
})

it('changes made offline are kept, shown as waiting, and sent on coming back', async () => {
  const shop = createShop([mug(1)])
  visit(shop)
  await screen.findByRole('heading', { name: 'Morning mug' })
  online(false)
  await press('Add the lamp')
  await user.click(pressPlus())
  expect(screen.getAllByText('Waiting to be sent')).toHaveLength(2)
  expect(shop.heard).toEqual([])
  online(true)
  await waitFor(() => expect(screen.getByTestId('subtotal')).toHaveAttribute('data-settling', 'settled'))
  expect(shop.lines).toMatchObject([{ quantity: 2 }, { sku: lamp().sku, quantity: 1 }])
})

it('a removed line can be put back', async () => {
  const shop = createShop([mug(3)])
  visit(shop)
  await screen.findByRole('heading', { name: 'Morning mug' })
  await press('Remove Morning mug')
  expect(screen.getByText('Morning mug removed.')).toBeVisible()
  await waitFor(() => expect(screen.getByRole('button', { name: 'Undo' })).toHaveFocus())
  await press('Undo')
  expect(quantityOf('Morning mug')).toHaveValue('3')
  await waitFor(() => expect(screen.getByTestId('subtotal')).toHaveAttribute('data-settling', 'settled'))
  expect(shop.lines).toMatchObject([{ sku: mug().sku, quantity: 3 }])
})

it('an emptied cart can be put back too', async () => {
  const shop = createShop([mug(2), lamp(1)])
  visit(shop)
  await screen.findByRole('heading', { name: 'Morning mug' })
  await press('Empty the cart')
  expect(screen.getByText('Your cart is empty.')).toBeVisible()
  await press('Undo')
  await waitFor(() => expect(shop.lines).toMatchObject([{ quantity: 2 }, { quantity: 1 }]))
})

it('a price that changed since a product was added is said, and line and subtotal are of today', async () => {
  visit(createShop([mug(2), lamp(1)]))
  await screen.findByRole('heading', { name: 'Morning mug' })
  const offer = {
    sku: mug().sku,
    price: eur(2450),
    available: 9,
    availability: 'in-stock',
    listed: true,
    version: 2,
  }
  act(() => TestEventSource.say('offers', { products: [offer] }))
  expect(
    screen.getByText(/price changed since you added it: it was 22.00 €, it is 24.50 € now/),
  ).toBeVisible()
  expect(line('Morning mug').getByText(/each$/)).toHaveTextContent('was 22.00 € now 24.50 € each')
  expect(line('Morning mug').getByText('Together').parentElement).toHaveTextContent('was 44.00 € now 49.00 €')
  expect(line('Moss lamp').queryByText('was', { exact: false, selector: 's *' })).toBeNull()
  // 2 × 24.50 and 145.00.
  expect(screen.getByTestId('subtotal')).toHaveTextContent(/^194\.00.€$/)
  expect(screen.getByText('Subtotal').closest('div')).toHaveTextContent('was 189.00 € now 194.00 €')
})

it('a price in another currency is not added up', async () => {
  visit(createShop([mug(2)]))
  await screen.findByRole('heading', { name: 'Morning mug' })
  const offer = {
    sku: mug().sku,
    price: { minor: 900, currency: 'GBP' },
    available: 9,
    availability: 'in-stock',
    listed: true,
    version: 2,
  }
  act(() => TestEventSource.say('offers', { products: [offer] }))
  expect(screen.getByTestId('subtotal')).toHaveTextContent(/^44\.00.€$/)
})

it('a cart that nobody knows any more is replaced by a new one, and the add goes there', async () => {
  const shop = createShop([mug(1)])
  let asked = 0
  shop.instead = () => {
    asked += 1
    return asked === 1 ? problem(404, 'cart-not-found', 'There is no such cart.') : undefined
  }
  visit(shop)
  await screen.findByRole('heading', { name: 'Morning mug' })
  await press('Add the lamp')
  await waitFor(() => expect(shop.lines).toHaveLength(2))
  expect(screen.queryByText(/could not be added/)).toBeNull()
})

it('a session that ended is renewed, and the command goes out again', async () => {
  const shop = createShop([mug(1)])
  let asked = 0
  shop.instead = () => {
    asked += 1
    return asked === 1 ? problem(401, 'no-session', 'There is no session.') : undefined
  }
  visit(shop)
  await screen.findByRole('heading', { name: 'Morning mug' })
  await press('Add the lamp')
  await waitFor(() => expect(shop.lines).toHaveLength(2))
  expect(screen.queryByText(/could not be added/)).toBeNull()
})

it('what changed is spoken', async () => {
  visit(createShop([mug(1)]))
  await screen.findByRole('heading', { name: 'Morning mug' })
  await press('Add the lamp')
  expect(screen.getByRole('status', { name: 'Cart' })).toHaveTextContent(
    'Moss lamp added. 2 items in your cart.',
  )
})
