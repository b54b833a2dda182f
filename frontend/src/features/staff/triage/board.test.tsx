// The board: its columns, cards that move by menu and by pointer, and what happens when the shop says no.
import { fireEvent, screen, waitFor, within } from '@testing-library/react'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { createDesk, mug, OTHER, REQUEST, request, type Desk } from '../../../testing/requests'
import { problem, server } from '../../../testing/shop'
import { dialog, user, visit } from '../testing'

beforeAll(async () => {
  server.listen({ onUnhandledRequest: 'error' })
  await import('../../../components/ConfirmDialog')
})
afterEach(() => server.resetHandlers())
afterAll(() => server.close())

const open = (prepare: (desk: Desk) => void, address = '/staff/requests') => {
  const desk = createDesk({ roles: ['shopper', 'staff'] })
  desk.requests = [request({ followers: 3 })]
  prepare(desk)
  return { desk, ...visit(address, desk.handlers) }
}
const column = async (name: RegExp) => within(await screen.findByRole('region', { name }))
const card = (name = 'A mug for the left hand') => screen.findByRole('link', { name })
const moveTo = async (to: string) => {
  await user.click(await screen.findByRole('button', { name: 'Move A mug for the left hand' }))
  await user.click(await screen.findByRole('menuitem', { name: to }))
}

it('shows requests by how far they are, with who wants them and for how long', async () => {
  open((desk) => {
    desk.requests = [
      request({ supporters: 12, comments: 2 }),
      request({
        id: OTHER,
        title: null,
        kind: 'back_in_stock',
        sku: mug.sku,
        state: 'planned',
        hidden: true,
      }),
    ]
  })
  expect(await (await column(/^New 1/)).findByText('12 want it')).toBeVisible()
  const planned = await column(/^Planned 1/)
  expect(await planned.findByRole('link', { name: 'Morning mug, back in stock' })).toBeVisible()
  expect(planned.getByText('Hidden')).toBeVisible()
  expect((await column(/^Declined 0/)).getByText('None.')).toBeVisible()
})

it('a card is moved by its menu, and that it was read is told to nobody', async () => {
  const { desk } = open(() => {})
  await moveTo('Triaged')
  expect(await (await column(/^Triaged 1/)).findByText('A mug for the left hand')).toBeVisible()
  await waitFor(() => expect(desk.done()).toEqual([`PUT /requests/${REQUEST}/stage`]))
  expect(screen.getByRole('status', { name: 'Moves' })).toHaveTextContent(
    '“A mug for the left hand” is triaged now.',
  )
  await waitFor(async () => expect(await card()).toHaveFocus())
})

it('what people are told of is asked about before', async () => {
  const { desk } = open(() => {})
  await moveTo('Planned')
  const asked = await dialog('“A mug for the left hand” is planned?')
  expect(asked.getByText(/3 people follow it, and will be told by e-mail/)).toBeVisible()
  expect(desk.done()).toEqual([])
  await user.click(asked.getByRole('button', { name: 'It is planned' }))
  expect(await (await column(/^Planned 1/)).findByText('A mug for the left hand')).toBeVisible()
  await waitFor(() =>
    expect(desk.heard.find(({ method }) => method === 'PUT')?.body).toEqual({ stage: 'planned' }),
  )
})

it('a card is dragged to where its menu could move it, and nowhere else', async () => {
  const { desk } = open(() => {})
  const data = { setData: () => {}, effectAllowed: '', dropEffect: '' }
  const dragged = (await card()).closest('li')
  if (dragged === null) throw new Error('a card is a list item')
  const over = (name: RegExp) => screen.getByRole('region', { name })
  fireEvent.dragStart(dragged, { dataTransfer: data })
  expect(fireEvent.dragOver(over(/^Ordered/), { dataTransfer: data })).toBe(true)
  fireEvent.drop(over(/^Ordered/), { dataTransfer: data })
  expect(desk.done()).toEqual([])
  // Answering false says that it may be let go here.
  expect(fireEvent.dragOver(over(/^Triaged/), { dataTransfer: data })).toBe(false)
  fireEvent.drop(over(/^Triaged/), { dataTransfer: data })
  expect(await (await column(/^Triaged 1/)).findByText('A mug for the left hand')).toBeVisible()
  await waitFor(() => expect(desk.done()).toEqual([`PUT /requests/${REQUEST}/stage`]))
})

it('declining takes a reason', async () => {
  const { desk } = open(() => {})
  await moveTo('Declined, with a reason')
  const sheet = within(await screen.findByRole('dialog', { name: 'Decline this request?' }))
  await user.click(sheet.getByRole('button', { name: 'Decline it' }))
  expect(sheet.getByRole('group', { name: 'What is not right' })).toHaveFocus()
  await user.type(sheet.getByLabelText('Why'), 'The pottery closed.')
  await user.click(sheet.getByRole('button', { name: 'Decline it' }))
  expect(await (await column(/^Declined 1/)).findByText('A mug for the left hand')).toBeVisible()
  await waitFor(() =>
    expect(desk.heard.find(({ method }) => method === 'POST')).toMatchObject({
      path: expect.stringContaining('/decline'),
      body: { reason: 'The pottery closed.' },
    }),
  )
})

it('a card that may not be moved goes back, with a reason', async () => {
  open((desk) => {
    desk.instead = ({ method }) => (method === 'PUT' ? problem(422, 'request-stage', 'No.') : undefined)
  })
  await moveTo('Triaged')
  expect(await screen.findByText(/was not moved\. Somebody moved it meanwhile/)).toBeVisible()
  expect(await (await column(/^New 1/)).findByText('A mug for the left hand')).toBeVisible()
})

it('arrow keys go from card to card, and from column to column', async () => {
  open((desk) => {
    desk.requests = [
      request(),
      request({ id: OTHER, title: 'A kettle' }),
      request({ id: `${OTHER.slice(0, -1)}3`, title: 'A teapot', state: 'planned' }),
    ]
  })
  const first = await card()
  await card('A teapot')
  first.focus()
  await user.keyboard('{ArrowDown}')
  expect(await card('A kettle')).toHaveFocus()
  await user.keyboard('{ArrowRight}')
  expect(await card('A teapot')).toHaveFocus()
  await user.keyboard('{ArrowLeft}')
  expect(first).toHaveFocus()
})

it('a column that does not load is asked for again, and the others stand', async () => {
  let isDown = true
  open((desk) => {
    desk.instead = ({ path }) =>
      isDown && path.includes('state=planned') ? problem(503, 'unavailable', 'No.') : undefined
  })
  expect(await card()).toBeVisible()
  isDown = false
  await user.click(await screen.findByRole('button', { name: 'Try again : Planned' }))
  expect(await (await column(/^Planned 0/)).findByText('None.')).toBeVisible()
})

it('words and kind are asked for in every column, and stand in the address', async () => {
  const { desk, router } = open(() => {})
  await card()
  await user.type(screen.getByRole('searchbox', { name: 'Words of the title' }), 'mug{Enter}')
  await user.selectOptions(screen.getByRole('combobox', { name: 'About' }), 'quote')
  await waitFor(() => expect(router.state.location.search).toBe('?q=mug&kind=quote'))
  await waitFor(() =>
    expect(desk.heard.filter(({ path }) => path.includes('q=mug&kind=quote'))).toHaveLength(7),
  )
})

it('whoever is not of the staff any more is shown the door', async () => {
  open((desk) => {
    desk.instead = ({ path }) =>
      path.startsWith('/queries/requests') ? problem(403, 'forbidden', 'No.') : undefined
  })
  expect(await screen.findByText(/Your account may not do this any more/)).toBeVisible()
})
