import { render, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { createMemoryRouter, RouterProvider } from 'react-router'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { KEY, LINK, ORDER } from '../../testing/orders'
import { problem, server } from '../../testing/shop'
import { createTill } from '../../testing/till'
import { BankPage } from './BankPage'

beforeAll(() => server.listen({ onUnhandledRequest: 'error' }))
afterEach(() => server.resetHandlers())
afterAll(() => server.close())

const BACK = `/orders/${ORDER}?returned=1#key=${KEY}`
const user = userEvent.setup({ delay: null })
const press = (name: string) => user.click(screen.getByRole('button', { name }))

function visit(back: string | null) {
  const till = createTill()
  server.use(...till.handlers)
  const query = back === null ? '' : `#return=${encodeURIComponent(back)}`
  const router = createMemoryRouter(
    [
      { path: '/sandbox/3-d-secure/:reference', Component: BankPage },
      { path: '*', element: <p>The shop</p> },
    ],
    { initialEntries: [`/sandbox/3-d-secure/ch_1${query}`] },
  )
  render(<RouterProvider router={router} />)
  return { till, router }
}

it('says plainly that it is no bank, and goes back to the order with the answer given', async () => {
  const { till, router } = visit(`http://localhost:7400${BACK}`)
  expect(screen.getByText('Sandbox: no real bank, no real money')).toBeVisible()
  expect(screen.getByRole('heading', { level: 1 })).toHaveFocus()
  await press('Yes, confirm it')
  expect(await screen.findByText('The shop')).toBeVisible()
  expect(till.commands(/authentication/)).toMatchObject([
    { path: '/commands/sandbox/charges/ch_1/authentication', body: { passed: true } },
  ])
  const { pathname, search, hash } = router.state.location
  expect(`${pathname}${search}${hash}`).toBe(BACK)
})

it('lets the payment fail when asked to', async () => {
  const { till } = visit(LINK)
  await press('No, let it fail')
  await waitFor(() => expect(till.commands(/authentication/)).toMatchObject([{ body: { passed: false } }]))
})

it('never leads to another site', async () => {
  for (const back of ['https://evil.example/x', 'javascript:alert(1)', '//evil.example/orders', null]) {
    const { router } = visit(back)
    await press('Yes, confirm it')
    await screen.findByText('The shop')
    expect(router.state.location.pathname).toMatch(/^\/orders/)
    document.body.replaceChildren()
  }
})

it('stays, and says why, when the sandbox refuses', async () => {
  const { till } = visit(LINK)
  till.instead = () => problem(404, 'unknown-charge', 'There is no such charge.')
  await press('Yes, confirm it')
  expect(await screen.findByText('There is no such charge.')).toBeVisible()
})
