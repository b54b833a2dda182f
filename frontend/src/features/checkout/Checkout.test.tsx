// The steps of the checkout, and its states: waiting, empty, failed, changed meanwhile.
import { screen, waitFor, within } from '@testing-library/react'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { eur, quote, quotedMug, totals } from '../../testing/orders'
import { problem, server } from '../../testing/shop'
import { createTill } from '../../testing/till'
import { fillCard, fillDetails, pay, payName, press, toPayment, user, visit } from './testing'

beforeAll(() => server.listen({ onUnhandledRequest: 'error' }))
afterEach(() => server.resetHandlers())
afterAll(() => server.close())

const summary = () => screen.findByRole('complementary', { name: 'Your order' })

describe('before there is a step to show', () => {
  it('keeps the places of form and summary while the cart is asked for', async () => {
    visit(createTill(), { isLoaded: false })
    expect(await screen.findByText('Loading the checkout')).toBeInTheDocument()
    expect(screen.getByRole('complementary', { name: 'Your order' })).toHaveAttribute('aria-busy', 'true')
  })

  it('an empty cart leads back to the shop', async () => {
    visit(createTill(), { isEmpty: true })
    expect(await screen.findByText('Your cart is empty.')).toBeVisible()
    expect(screen.getByRole('link', { name: 'Shop all' })).toHaveAttribute('href', '/shop')
  })

  it('a cart that was checked out in another tab leads to its order', async () => {
    visit(createTill(), { isEmpty: true, becameOrder: { order: 'o-1' } })
    expect(await screen.findByText('This cart is an order already.')).toBeVisible()
    expect(screen.getByRole('link', { name: 'See the order' })).toHaveAttribute('href', '/orders/o-1')
  })

  it('a shop that does not answer is asked again', async () => {
    const till = createTill()
    let isDown = true
    till.instead = ({ path }) =>
      isDown && path.endsWith('/quote') ? problem(400, 'broken', 'No.') : undefined
    visit(till)
    expect(await screen.findByRole('alert')).toHaveTextContent('The checkout did not load')
    isDown = false
    await press('Try again')
    expect(await screen.findByRole('textbox', { name: 'E-mail' })).toBeVisible()
  })

  it('a session that ended is begun again', async () => {
    const till = createTill()
    let asked = 0
    till.instead = ({ path }) => {
      if (!path.endsWith('/quote')) return undefined
      asked += 1
      return asked === 1 ? problem(401, 'no-session', 'There is no session.') : undefined
    }
    visit(till)
    expect(await screen.findByRole('textbox', { name: 'E-mail' })).toBeVisible()
    expect(till.commands(/session/)).toHaveLength(1)
  })
})

describe('the details', () => {
  it('say who and where for the browser to fill in', async () => {
    visit(createTill())
    const field = (name: string) => screen.getByRole('textbox', { name: new RegExp(`^${name}`) })
    await screen.findByRole('textbox', { name: 'E-mail' })
    const completes = (name: string) => field(name).getAttribute('autocomplete')
    expect(['E-mail', 'Phone', 'Name', 'Street', 'Postal', 'Town'].map(completes)).toEqual([
      'email',
      'tel',
      'name',
      'address-line1',
      'postal-code',
      'address-level2',
    ])
    expect(field('Phone')).toHaveAttribute('inputmode', 'tel')
    expect(screen.getByRole('combobox', { name: 'Country' })).toHaveAttribute('autocomplete', 'country')
  })

  it('that are missing are listed, with focus there', async () => {
    visit(createTill())
    await screen.findByRole('textbox', { name: 'E-mail' })
    await press('Continue to delivery')
    const missing = screen.getByRole('group', { name: 'What is not right' })
    expect(missing).toHaveFocus()
    expect(within(missing).getAllByRole('link')).toHaveLength(6)
    expect(screen.getByRole('textbox', { name: 'E-mail' })).toBeInvalid()
  })

  it('are there again after a reload', async () => {
    const { unmount } = visit(createTill())
    await fillDetails()
    unmount()
    visit(createTill())
    expect(await screen.findByRole('textbox', { name: 'Name' })).toHaveValue('Ada Lovelace')
    expect(screen.getByRole('combobox', { name: 'Country' })).toHaveValue('DE')
  })

  it('decide what it comes to: before a country is chosen, nothing is guessed', async () => {
    const till = createTill()
    visit(till)
    expect(await screen.findByText('after you choose a country')).toBeInTheDocument()
    expect(within(await summary()).getByTestId('total')).toHaveTextContent('–')
    till.quote = quote({ totals: totals(4400, 990) })
    await user.selectOptions(await screen.findByRole('combobox', { name: 'Country' }), 'France')
    await waitFor(async () =>
      expect(within(await summary()).getByTestId('total')).toHaveTextContent('53.90 €'),
    )
    expect(till.commands(/quote/).at(-1)?.body).toEqual({ country: 'FR' })
  })

  it('come before the other steps, whatever the address says', async () => {
    const { router } = visit(createTill(), {}, '/checkout/payment')
    await screen.findByRole('textbox', { name: 'E-mail' })
    expect(router.state.location.pathname).toBe('/checkout/details')
  })
})

describe('the delivery', () => {
  it('is chosen from what the shop offers, and counted by the shop', async () => {
    const till = createTill()
    const { router } = visit(till)
    await fillDetails()
    await press('Continue to delivery')
    expect(await screen.findByRole('radio', { name: /Standard/ })).toBeChecked()
    till.quote = quote({ totals: totals(4400, 1290) })
    await user.click(screen.getByRole('radio', { name: /Express.*next day.*12\.90/ }))
    await waitFor(async () =>
      expect(within(await summary()).getByTestId('total')).toHaveTextContent('56.90 €'),
    )
    expect(till.commands(/quote/).at(-1)?.body).toEqual({ country: 'DE', shipping_option: 'express' })
    await press('Continue to payment')
    expect(await screen.findByRole('button', { name: payName('56.90') })).toBeVisible()
    expect(router.state.location.pathname).toBe('/checkout/payment')
  })

  it('that is not offered any more is chosen anew', async () => {
    const till = createTill()
    const { unmount } = visit(till)
    await toPayment()
    unmount()
    till.instead = ({ path, body }) =>
      path.endsWith('/quote') && body.shipping_option === 'standard'
        ? problem(422, 'unknown-shipping-option', 'There is no shipping option standard.')
        : undefined
    visit(till, {}, '/checkout/payment')
    expect(await screen.findByRole('button', { name: 'Continue to payment' })).toBeVisible()
  })
})

describe('a discount code', () => {
  it('is applied by the shop, and can be taken off again', async () => {
    const till = createTill()
    visit(till)
    await press(await findButton('Add a discount code'))
    till.quote = quote({ code: { code: 'SPRING-10', refused: null }, totals: totals(3960) })
    await user.type(screen.getByRole('textbox', { name: 'Discount code' }), 'spring-10{Enter}')
    expect(await screen.findByText('SPRING-10')).toBeInTheDocument()
    expect(till.commands(/discount-code/)).toMatchObject([{ method: 'PUT', body: { code: 'spring-10' } }])
    till.quote = quote()
    await press('Remove the code SPRING-10')
    await waitFor(() => expect(screen.queryByText('SPRING-10')).toBeNull())
    expect(till.commands(/discount-code/).at(-1)?.method).toBe('DELETE')
  })

  it('that is refused says why, in the words of the shop', async () => {
    const till = createTill()
    till.instead = ({ path }) =>
      path.endsWith('/discount-code')
        ? problem(422, 'code-expired', 'Nothing was changed: the discount code OLD has expired.')
        : undefined
    visit(till)
    await press(await findButton('Add a discount code'))
    await user.type(screen.getByRole('textbox', { name: 'Discount code' }), 'old{Enter}')
    expect(await screen.findByText('The discount code OLD has expired.')).toBeInTheDocument()
    expect(screen.getByRole('textbox', { name: 'Discount code' })).toHaveValue('old')
  })
})

describe('what changed since the cart was filled', () => {
  it('is a list that has to be agreed to before Pay does anything', async () => {
    const till = createTill()
    till.quote = quote({
      lines: [quotedMug({ unit_price: eur(2350), line_total: eur(4700), previous_price: eur(2200) })],
      totals: totals(4700),
    })
    visit(till)
    await toPayment()
    expect(screen.getByText('Something changed since you filled your cart')).toBeVisible()
    expect(screen.getByText(/Morning mug:/)).toHaveTextContent('Morning mug: 22.00 € → 23.50 €')
    const line = within(await summary()).getByRole('listitem')
    expect(line).toHaveTextContent('2 × was 22.00 € now 23.50 €')
    expect(line).toHaveTextContent('was 44.00 € now 47.00 €')
    await fillCard('4242 4242 4242 4242')
    expect(pay('51.90')).toHaveAttribute('aria-disabled', 'true')
    await press(pay('51.90'))
    expect(till.commands(/\/checkout$/)).toEqual([])
    await press('Continue with the new total')
    expect(screen.queryByText(/Something changed/)).toBeNull()
    await press(pay('51.90'))
    await waitFor(() => expect(till.commands(/\/checkout$/)).toMatchObject([{ body: { total: eur(5190) } }]))
  })

  it('and cannot be had is put right in the cart', async () => {
    const till = createTill()
    till.quote = quote({
      lines: [
        quotedMug({ trouble: { what: 'out-of-stock', available: 1 } }),
        quotedMug({ sku: 'LAMP', name: 'Lamp', trouble: { what: 'delisted' } }),
      ],
    })
    const { cart } = visit(till)
    await toPayment()
    expect(screen.getByText('Morning mug: only 1 left, you wanted 2')).toBeVisible()
    expect(screen.getByText('Lamp: no longer sold')).toBeVisible()
    await press('Change my order to this')
    expect(cart.setQuantity).toHaveBeenCalledExactlyOnceWith('KIT-MUG-STONE', 1)
    expect(cart.remove).toHaveBeenCalledExactlyOnceWith('LAMP')
  })

  it('is waited for: while the total is updating nobody can pay', async () => {
    const till = createTill()
    const page = visit(till)
    await toPayment()
    page.change({ isSettled: false })
    expect(screen.getByRole('button', { name: 'One moment, the total is updating' })).toHaveAttribute(
      'aria-disabled',
      'true',
    )
    page.change({ isSettled: true, version: 4 })
    expect(await screen.findByRole('button', { name: payName('48.90') })).toBeVisible()
  })
})

const findButton = (name: string) => screen.findByRole('button', { name })

it('what applies to the order is named before Pay, and opens beside the checkout', async () => {
  visit(createTill())
  await toPayment()
  const note = screen.getByText(/By ordering you accept our/)
  for (const [name, slug] of [
    [/^terms/, 'terms'],
    [/^right of withdrawal/, 'withdrawal'],
    [/^your data/, 'privacy'],
  ] as const) {
    const link = within(note).getByRole('link', { name })
    expect(link).toHaveAttribute('href', `/pages/${slug}`)
    expect(link).toHaveAttribute('target', '_blank')
  }
  expect(note.compareDocumentPosition(pay('48.90'))).toBe(Node.DOCUMENT_POSITION_FOLLOWING)
})
