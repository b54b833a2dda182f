// Asking for something: what is alike while typing, what has to be there, and what stays over signing in.
import { screen, waitFor, within } from '@testing-library/react'
import { HttpResponse } from 'msw'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { TestEventSource } from '../../testing/live'
import { createDesk, mug, OTHER, request } from '../../testing/requests'
import { problem, server } from '../../testing/shop'
import { press, type, user, visit } from './testing'

beforeAll(() => server.listen({ onUnhandledRequest: 'error' }))
beforeEach(() => vi.stubGlobal('EventSource', TestEventSource))
afterEach(() => {
  server.resetHandlers()
  TestEventSource.open = []
})
afterAll(() => server.close())

const NEW = '/requests/new'
const title = 'What you are looking for'
const alike = () => within(screen.getByRole('complementary', { name: 'Similar products and requests' }))

it('shows what is alike while somebody types, and says how much there is', async () => {
  const desk = createDesk()
  desk.requests = [request({ id: OTHER, title: 'Left-handed mug' })]
  await visit(desk, NEW)
  await type(title, 'mug left')
  expect(await alike().findByRole('link', { name: 'Left-handed mug' })).toHaveAttribute(
    'href',
    `/requests/${OTHER}`,
  )
  expect(alike().getByRole('link', { name: 'Morning mug' })).toHaveAttribute('href', `/products/${mug.sku}`)
  await waitFor(() =>
    expect(alike().getByRole('status')).toHaveTextContent('Similar: 1 request and 1 product.'),
  )
})

it('asks once for a title, and not for every letter of it', async () => {
  const desk = createDesk()
  await visit(desk, NEW)
  await user.type(screen.getByLabelText(title), 'teapot')
  await alike().findByText('Morning mug')
  const asked = desk.heard.filter(({ path }) => path.includes('/similar'))
  expect(asked.map(({ path }) => path).sort()).toEqual([
    '/queries/products/similar?title=teapot&limit=3',
    '/queries/requests/similar?title=teapot&limit=5',
  ])
})

it('an answer that comes late is not shown as the one of another title', async () => {
  const desk = createDesk()
  let answerFirst = () => {}
  desk.instead = ({ path }) => {
    if (!path.includes('/similar')) return undefined
    const of = (name: string) => HttpResponse.json({ requests: [{ ...request({ title: name }), score: 1 }] })
    if (!path.includes('title=mug')) return of('A kettle')
    return new Promise<Response>((resolve) => (answerFirst = () => resolve(of('A mug'))))
  }
  await visit(desk, NEW)
  await type(title, 'mug')
  await waitFor(() => expect(desk.heard.some(({ path }) => path.includes('title=mug'))).toBe(true))
  await type(title, 'kettle')
  await alike().findByRole('link', { name: 'A kettle' })
  answerFirst()
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(alike().getByRole('link', { name: 'A kettle' })).toBeVisible()
  expect(alike().queryByRole('link', { name: 'A mug' })).toBeNull()
})

it('one tap supports what was asked for already, and nothing new is made', async () => {
  const desk = createDesk()
  desk.requests = [request({ supporters: 4 })]
  await visit(desk, NEW)
  await type(title, 'mug left')
  await user.click(await screen.findByRole('button', { name: 'Support this A mug for the left hand' }))
  expect(await screen.findByRole('button', { name: /^Supported/, pressed: true })).toBeVisible()
  await waitFor(() => expect(alike().getByText('5 people')).toBeInTheDocument())
  expect(desk.done()).toEqual([`PUT /requests/${request().id}/support`])
})

it('what is missing is listed, and nothing is sent', async () => {
  const desk = createDesk()
  await visit(desk, NEW)
  await press('Send request')
  expect(screen.getByRole('group', { name: 'What is not right' })).toHaveFocus()
  expect(desk.done()).toEqual([])
})

it('is sent once, and its page opens', async () => {
  const desk = createDesk()
  const { at } = await visit(desk, `${NEW}?title=unicorn`)
  expect(screen.getByLabelText(title)).toHaveValue('unicorn')
  await type(/Description/, 'White, with a horn.')
  await press('Send request')
  await waitFor(() => expect(screen.getByRole('heading', { level: 1, name: 'unicorn' })).toHaveFocus())
  expect(screen.getByText(/Others can support it now/)).toBeVisible()
  expect(at()).toBe(`/requests/${request().id}`)
  expect(desk.heard.find(({ path }) => path === '/commands/requests')).toMatchObject({
    body: { kind: 'missing_product', title: 'unicorn', description: 'White, with a horn.' },
  })
  expect(sessionStorage.getItem('cartwright.request')).toBeNull()
})

it('what the shop does not like is said at its field', async () => {
  const desk = createDesk()
  desk.instead = ({ path }) =>
    path === '/commands/requests'
      ? HttpResponse.json(
          {
            type: '/problems/validation',
            detail: 'No.',
            violations: [{ field: 'title', message: 'has to be about a thing' }],
          },
          { status: 400 },
        )
      : undefined
  await visit(desk, `${NEW}?title=Happiness`)
  await press('Send request')
  await waitFor(() =>
    expect(screen.getByLabelText(title)).toHaveAccessibleDescription(/This has to be about a thing\./),
  )
})

it('whoever wrote too much for a day is told so at once', async () => {
  const desk = createDesk()
  desk.instead = ({ path }) =>
    path === '/commands/requests'
      ? problem(429, 'too-many-texts', 'No.', { 'retry-after': '3600' })
      : undefined
  await visit(desk, `${NEW}?title=Happiness`)
  await press('Send request')
  expect(await screen.findByText(/This was not sent: you have reached today’s limit/)).toBeVisible()
  expect(screen.getByLabelText(title)).toHaveValue('Happiness')
})

it('a guest is asked to sign in, and finds what they typed', async () => {
  const desk = createDesk({ isSignedIn: false })
  const { at, unmount } = await visit(desk, NEW)
  await type(title, 'A mug for the left hand')
  await press('Sign in to send')
  await waitFor(() => expect(at()).toBe('/sign-in?then=%2Frequests%2Fnew'))
  expect(desk.done()).toEqual([])
  unmount()
  await visit(desk, NEW)
  expect(screen.getByLabelText(title)).toHaveValue('A mug for the left hand')
})

it('a quote is asked for with a product that is chosen, and a number', async () => {
  const desk = createDesk()
  await visit(desk, `${NEW}?kind=quote`)
  await type(/Product/, 'mug')
  await user.click(await screen.findByRole('button', { name: /Morning mug/ }))
  expect(screen.queryByLabelText(/Or what you need/)).toBeNull()
  await type('Quantity', '500')
  await press('Request a quote')
  await screen.findByText(/We’ll review your request/)
  expect(desk.heard.find(({ path }) => path === '/commands/requests')?.body).toEqual({
    kind: 'quote',
    sku: mug.sku,
    quantity: 500,
  })
})

it('what is in stock is not waited for', async () => {
  const desk = createDesk()
  desk.products = [{ ...mug, available: 3, availability: 'in-stock' }]
  await visit(desk, `${NEW}?kind=back_in_stock&sku=${mug.sku}`)
  expect(await screen.findByText(/It is in stock\./)).toBeVisible()
  await press('Tell me when it’s back')
  expect(desk.done()).toEqual([])
})
