// What the tests of this folder have in common: the pages of an account, with a stand-in for the rest of the shop.
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { render, screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { createMemoryRouter, RouterProvider, type RouteObject } from 'react-router'
import { beginSession } from '../../api/session'
import type { Registry } from '../../testing/accounts'
import { server } from '../../testing/shop'
import { AccountShell } from './AccountShell'
import { AddressesPage } from './AddressesPage'
import { ConfirmPage } from './ConfirmPage'
import { DataPage } from './DataPage'
import { FarewellPage } from './FarewellPage'
import { ForgottenPage } from './ForgottenPage'
import { KeysPage } from './KeysPage'
import { OverviewPage } from './OverviewPage'
import { RegisterPage } from './RegisterPage'
import { ResetPage } from './ResetPage'
import { SecurityPage } from './SecurityPage'
import { SignInPage } from './SignInPage'

export const user = userEvent.setup({ delay: null })
export const press = (name: string | RegExp) => user.click(screen.getByRole('button', { name }))
export const fill = async (label: string, text: string) => {
  const field = screen.getByLabelText(label)
  await user.clear(field)
  await user.click(field)
  await user.paste(text)
}

const routes: RouteObject[] = [
  { path: '/sign-in', Component: SignInPage },
  { path: '/register', Component: RegisterPage },
  {
    path: '/account',
    Component: AccountShell,
    children: [
      { index: true, Component: OverviewPage },
      { path: 'addresses', Component: AddressesPage },
      { path: 'security', Component: SecurityPage },
      { path: 'security/keys', Component: KeysPage },
      { path: 'data', Component: DataPage },
    ],
  },
  { path: '/forgotten', Component: ForgottenPage },
  { path: '/account/reset', Component: ResetPage },
  { path: '/account/confirm', Component: ConfirmPage },
  { path: '/farewell', Component: FarewellPage },
  { path: '*', element: <p>The shop</p> },
]

/** The question that is being asked. */
export const dialog = async (name: string | RegExp) =>
  within(await screen.findByRole('alertdialog', { name }))

export async function visit(address: string | { pathname: string; state: unknown }, registry: Registry) {
  server.use(...registry.handlers)
  await beginSession().catch(() => {})
  const router = createMemoryRouter(routes, { initialEntries: [address] })
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  render(
    <QueryClientProvider client={client}>
      <RouterProvider router={router} />
    </QueryClientProvider>,
  )
  return { router, client }
}
