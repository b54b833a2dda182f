// What the tests of this folder have in common: the pages of requests, with a stand-in for the rest of the shop.
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { render, screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { createMemoryRouter, RouterProvider } from 'react-router'
import { beginSession } from '../../api/session'
import { mug, type Desk } from '../../testing/requests'
import { server } from '../../testing/shop'
import { MyRequestsPage } from './MyRequestsPage'
import { NewRequestPage } from './NewRequestPage'
import { RequestPage } from './RequestPage'
import { RequestsPage } from './RequestsPage'
import TellMe from './TellMe'

export const user = userEvent.setup({ delay: null })
export const press = (name: string | RegExp) => user.click(screen.getByRole('button', { name }))
export const type = async (label: string | RegExp, text: string) => {
  const field = screen.getByLabelText(label)
  await user.clear(field)
  await user.click(field)
  await user.paste(text)
}
/** The question that is being asked. */
export const dialog = async (name: string | RegExp) =>
  within(await screen.findByRole('alertdialog', { name }))

export async function visit(desk: Desk, address: string, state?: object) {
  server.use(...desk.handlers)
  await beginSession().catch(() => {})
  const { pathname, search } = new URL(address, 'http://shop.example')
  const router = createMemoryRouter(
    [
      { path: '/requests', Component: RequestsPage },
      { path: '/requests/new', Component: NewRequestPage },
      { path: '/requests/:id', Component: RequestPage },
      { path: '/account/requests', Component: MyRequestsPage },
      { path: '/products/:sku', element: <TellMe product={mug} /> },
      { path: '*', element: <p>Elsewhere</p> },
    ],
    { initialEntries: [{ pathname, search, state: state ?? null }] },
  )
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  const { unmount } = render(
    <QueryClientProvider client={client}>
      <RouterProvider router={router} />
    </QueryClientProvider>,
  )
  return {
    router,
    client,
    unmount,
    at: () => `${router.state.location.pathname}${router.state.location.search}`,
  }
}
