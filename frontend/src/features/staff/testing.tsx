// What the tests of this folder have in common: the pages of staff, for an account that is signed in.
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { act, render, screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { http, HttpResponse, type HttpHandler } from 'msw'
import { createMemoryRouter, RouterProvider } from 'react-router'
import { renewSession } from '../../api/session'
import { problem, server } from '../../testing/shop'
import { AuditPage } from './AuditPage'
import { CodesPage } from './CodesPage'
import { NoSuchPage } from './NoSuchPage'
import { PackingSlipPage } from './PackingSlipPage'
import { StaffOrderPage } from './StaffOrderPage'
import { StaffOrdersPage } from './StaffOrdersPage'
import { StaffShell } from './StaffShell'
import { StockPage } from './StockPage'
import { BoardPage } from './triage/BoardPage'
import { RequestPanel } from './triage/RequestPanel'

export const user = userEvent.setup({ delay: null })
export const press = (name: string | RegExp) => user.click(screen.getByRole('button', { name }))
export const type = async (label: string | RegExp, text: string) => {
  const field = screen.getByRole('textbox', { name: label })
  await user.clear(field)
  await user.click(field)
  await user.paste(text)
}
/** The pages that the header leads to. */
export const pagesShown = () =>
  within(screen.getByRole('navigation', { name: 'Staff' }))
    .getAllByRole('link')
    .map((link) => link.textContent)
/** The account has these roles from now on, or its session ended: the page does not know yet. */
export function willBe(roles: string[] | null) {
  server.use(
    http.post('*/api/commands/session', () =>
      HttpResponse.json(
        roles === null
          ? { owner: 'g', account: null }
          : { owner: 'o', account: { id: 'a', roles: ['shopper', ...roles], withheld_roles: [] } },
      ),
    ),
  )
}
/** The same, and something else in this tab found out. */
export async function becomes(roles: string[] | null) {
  willBe(roles)
  await act(() => renewSession())
}
/** The question that is being asked. */
export const dialog = async (name: string | RegExp) =>
  within(await screen.findByRole('alertdialog', { name }))

interface Account {
  /** Beyond the shopper's. */
  roles?: string[]
  /** Those that do not count before there is a second factor. */
  withheld?: string[]
  isGuest?: boolean
  /** Whether the shop does not tell whose session it is. */
  isDown?: () => boolean
}

export function visit(
  address: string,
  handlers: HttpHandler[],
  { roles = ['staff'], withheld = [], isGuest = false, isDown = () => false }: Account = {},
) {
  server.use(
    http.post('*/api/commands/session', () =>
      isDown()
        ? problem(503, 'unavailable', 'Nobody there.')
        : HttpResponse.json({
            owner: 'o',
            account: isGuest ? null : { id: 'a', roles: ['shopper', ...roles], withheld_roles: withheld },
          }),
    ),
    ...handlers,
    // Of the catalogue every thing is known, where a test does not say otherwise.
    http.get('*/api/queries/products/:sku', ({ params }) =>
      HttpResponse.json({ sku: params.sku, name: 'Morning mug' }),
    ),
  )
  const router = createMemoryRouter(
    [
      {
        path: '/staff',
        Component: StaffShell,
        children: [
          { index: true, element: null },
          { path: 'orders', Component: StaffOrdersPage },
          { path: 'orders/:id', Component: StaffOrderPage },
          { path: 'orders/:id/packing-slip', Component: PackingSlipPage },
          {
            path: 'requests',
            Component: BoardPage,
            children: [{ path: ':id', Component: RequestPanel }],
          },
          { path: 'codes', Component: CodesPage },
          { path: 'stock', Component: StockPage },
          { path: 'audit', Component: AuditPage },
          { path: '*', Component: NoSuchPage },
        ],
      },
    ],
    { initialEntries: [address] },
  )
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  const { unmount } = render(
    <QueryClientProvider client={client}>
      <RouterProvider router={router} />
    </QueryClientProvider>,
  )
  return { router, unmount }
}
