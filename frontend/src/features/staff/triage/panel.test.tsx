// What staff do with one request, beside the board.
import { screen, waitFor, within } from '@testing-library/react'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { createDesk, mug, OTHER, quoted, REQUEST, request, type Desk } from '../../../testing/requests'
import { problem, server } from '../../../testing/shop'
import { dialog, user, visit } from '../testing'

beforeAll(async () => {
  server.listen({ onUnhandledRequest: 'error' })
  await import('../../../components/ConfirmDialog')
})
afterEach(() => server.resetHandlers())
afterAll(() => server.close())

const open = async (prepare: (desk: Desk) => void = () => {}) => {
  const desk = createDesk({ roles: ['shopper', 'staff'] })
  desk.requests = [request({ followers: 3 })]
  prepare(desk)
  const { router } = visit(`/staff/requests/${REQUEST}`, desk.handlers)
  const panel = within(await screen.findByRole('dialog'))
  await panel.findByRole('heading', { name: 'Comments' })
  const last = (method: string) => desk.heard.findLast((heard) => heard.method === method)
  return { desk, router, panel, last }
}
const confirm = async (title: string | RegExp, action: string) => {
  const asked = await dialog(title)
  await user.click(asked.getByRole('button', { name: action }))
}

it('opens beside the board by its address, and closes to it with Escape', async () => {
  const { router } = await open()
  expect(screen.getByRole('dialog', { name: 'A mug for the left hand' })).toBeVisible()
  await user.keyboard('{Escape}')
  await waitFor(() => expect(router.state.location.pathname).toBe('/staff/requests'))
  await waitFor(() => expect(screen.getByRole('link', { name: 'A mug for the left hand' })).toHaveFocus())
})

it('says who asks, and for what price and of how many, before a quote is offered', async () => {
  const { panel } = await open((desk) => {
    desk.requests = [quoted({ state: 'submitted', quote: null })]
  })
  const mail = await panel.findByRole('link', { name: 'ada@example.org' })
  await waitFor(() =>
    expect(mail.getAttribute('href')).toMatch(/^mailto:ada@example\.org\?subject=.*Morning%20mug$/),
  )
  expect(panel.getByText('(not confirmed)')).toBeVisible()
  const fact = (term: string) => panel.getByText(term).closest('div')
  await waitFor(() => expect(fact('List price')).toHaveTextContent(/22\.00.€/))
  expect(await panel.findByRole('link', { name: '480 available, 20 reserved' })).toHaveAttribute(
    'href',
    '/staff/stock?sku=KIT-MUG-STONE',
  )
})

it('of an account that is gone is shown all the same', async () => {
  const { panel } = await open((desk) => {
    desk.instead = ({ path }) =>
      path.endsWith('/customer') ? problem(404, 'customer-erased', 'It was erased.') : undefined
  })
  expect(await panel.findByText('Account deleted')).toBeVisible()
})

it('of which it cannot be said who asks does not call the account deleted', async () => {
  const { panel } = await open((desk) => {
    desk.instead = ({ path }) =>
      path.endsWith('/customer') ? problem(404, 'not-found', 'There is nothing here.') : undefined
  })
  expect(await panel.findByText('Could not be loaded')).toBeVisible()
  expect(panel.queryByText('Account deleted')).toBeNull()
})

it('is moved from here as from its card', async () => {
  const { desk, panel } = await open()
  await user.click(panel.getByRole('button', { name: 'Planned' }))
  await confirm('“A mug for the left hand” is planned?', 'It is planned')
  expect(await panel.findByText('Planned', { selector: 'strong' })).toBeVisible()
  expect(desk.done()).toEqual([`PUT /requests/${REQUEST}/stage`])
})

it('a product that is called alike is proposed, and linked after a question', async () => {
  const { panel, last } = await open()
  expect(await panel.findByText('It may be in the catalogue now:')).toBeVisible()
  await user.click(panel.getByRole('button', { name: 'Link this product Morning mug' }))
  await confirm('Link Morning mug?', 'Link this product')
  await waitFor(() => expect(last('PUT')?.body).toEqual({ sku: mug.sku }))
  expect(await panel.findByRole('link', { name: 'Morning mug' })).toBeVisible()
})

it('what is the same is proposed, and merged after a question', async () => {
  const { panel, last } = await open((desk) => {
    desk.requests = [...desk.requests, request({ id: OTHER, title: 'Left-handed mug' })]
  })
  const same = within(panel.getByRole('region', { name: 'The same as another' }))
  expect(await same.findByText('These are alike:')).toBeVisible()
  expect(same.getAllByRole('listitem')).toHaveLength(1)
  await user.click(same.getByRole('button', { name: 'Same as this Left-handed mug' }))
  await confirm('The same as “Left-handed mug”?', 'It is the same')
  await waitFor(() => expect(last('PUT')?.body).toEqual({ request: OTHER }))
  expect(await panel.findByText('It is not on the board any more.')).toBeVisible()
})

it('another original is searched for by its words', async () => {
  const { desk, panel } = await open()
  const same = within(panel.getByRole('region', { name: 'The same as another' }))
  await user.type(same.getByRole('searchbox'), 'teapot{Enter}')
  await waitFor(() =>
    expect(desk.heard.at(-1)?.path).toBe('/queries/requests?q=teapot&kind=missing_product&limit=6'),
  )
})

it('is hidden after a question, and shown again at once', async () => {
  const { panel, last } = await open()
  await user.click(panel.getByRole('button', { name: 'Hide it' }))
  await confirm('Hide this request?', 'Hide it')
  await user.click(await panel.findByRole('button', { name: 'Show it to everybody again' }))
  expect(await panel.findByText('Everybody.')).toBeVisible()
  expect(last('DELETE')?.path).toBe(`/commands/requests/${REQUEST}/hiding`)
})

it('is answered in the shop’s name', async () => {
  const { panel, last } = await open()
  await user.type(panel.getByLabelText('Answer in the shop’s name'), 'In April.')
  await user.click(panel.getByRole('button', { name: 'Answer' }))
  expect(await panel.findByText('In April.', { selector: 'p' })).toBeVisible()
  expect(last('POST')?.body).toEqual({ text: 'In April.' })
})

it('a price is offered for many, in the currency’s smallest unit', async () => {
  const { panel, last } = await open((desk) => {
    desk.requests = [quoted({ state: 'submitted', quote: null })]
  })
  expect(panel.getByLabelText('Quantity')).toHaveValue('500')
  await user.click(panel.getByRole('button', { name: 'Offer it' }))
  expect(panel.getByLabelText('Each, in EUR')).toHaveAccessibleDescription('A price such as 12.50.')
  await user.type(panel.getByLabelText('Each, in EUR'), '17,00')
  await user.click(panel.getByRole('button', { name: 'Offer it' }))
  await confirm(/^Offer 500 for 17\.00/, 'Offer it')
  await waitFor(() =>
    expect(last('POST')?.body).toEqual({
      unit_price: { minor: 1700, currency: 'EUR' },
      quantity: 500,
      days: 14,
    }),
  )
  expect(await panel.findByText(/Offered: 500 for 17\.00/)).toBeVisible()
})

it('of a quote nobody else’s is said, and it is neither merged nor hidden', async () => {
  const { panel } = await open((desk) => {
    desk.requests = [quoted({ state: 'renegotiating', renegotiation: 'Half as many.' })]
  })
  expect(panel.getByText('The customer wrote: “Half as many.”')).toBeVisible()
  expect(panel.queryByRole('region', { name: 'The same as another' })).toBeNull()
  expect(panel.queryByRole('button', { name: 'Hide it' })).toBeNull()
})
