// Every page of the shop, and where the features meet. The pages that sell are small and come with the first load; what is
// big and not needed to see them (drawer, sheet) is loaded behind them, and so is what comes after: checkout,
// orders, accounts, staff. Loaders ask a page's question early.
import type { QueryClient } from '@tanstack/react-query'
import { Suspense } from 'react'
import { redirect, type RouteObject } from 'react-router'
import type { Product } from '../api/types'
import { lazyWithRetry } from '../components/lazyWithRetry'
import { AddToCart } from '../features/cart/AddToCart'
import { CartPage } from '../features/cart/CartPage'
import { catalogueQuery, homeQuery, productQuery } from '../features/catalog/api'
import { parseFilters } from '../features/catalog/filters'
import { CataloguePage } from '../features/catalog/CataloguePage'
import { HomePage } from '../features/catalog/HomePage'
import { ProductPage } from '../features/catalog/ProductPage'
import { NotFoundPage } from './NotFoundPage'
import { page } from './page'
import { AloneNotLoaded, PageTrouble, ShopTrouble } from './PageTrouble'
import { Shell } from './Shell'
import styles from './Page.module.css'

const TellMe = lazyWithRetry(() => import('../features/requests/TellMe'))

function Wait({ product }: { product: Product }) {
  return (
    <Suspense fallback={<div className={styles.wait} />}>
      <TellMe product={product} />
    </Suspense>
  )
}

function ProductRoute() {
  return <ProductPage Buy={AddToCart} Wait={Wait} NotFound={NotFoundPage} />
}

/** A page that breaks leaves what is around it. */
function guarded(children: RouteObject[]): RouteObject[] {
  return [{ ErrorBoundary: PageTrouble, children }]
}

export function createRoutes(queryClient: QueryClient): RouteObject[] {
  return [
    {
      Component: Shell,
      ErrorBoundary: ShopTrouble,
      HydrateFallback: () => null,
      children: guarded([
        {
          path: '/',
          Component: HomePage,
          loader: () => {
            void queryClient.prefetchQuery(homeQuery())
            return null
          },
        },
        {
          path: '/shop',
          Component: CataloguePage,
          loader: ({ request }) => {
            const filters = parseFilters(new URL(request.url).searchParams)
            void queryClient.prefetchInfiniteQuery(catalogueQuery(filters))
            return null
          },
          // On the page itself its own question is already asked.
          shouldRevalidate: () => false,
        },
        {
          path: '/products/:sku',
          Component: ProductRoute,
          loader: ({ params }) => {
            void queryClient.prefetchQuery(productQuery(params.sku ?? ''))
            return null
          },
        },
        { path: '/cart', Component: CartPage },
        { path: '/checkout', loader: () => redirect('/checkout/details') },
        {
          path: '/checkout/:step',
          lazy: page(async () => (await import('./CheckoutRoute')).CheckoutRoute),
        },
        {
          path: '/orders',
          lazy: page(async () => (await import('./OrdersRoute')).OrdersRoute),
        },
        {
          path: '/orders/:id',
          lazy: page(async () => (await import('./OrderRoute')).OrderRoute),
        },
        {
          path: '/requests',
          lazy: page(async () => (await import('../features/requests/RequestsPage')).RequestsPage),
        },
        {
          path: '/requests/new',
          lazy: page(async () => (await import('../features/requests/NewRequestPage')).NewRequestPage),
        },
        {
          path: '/requests/:id',
          lazy: page(async () => (await import('../features/requests/RequestPage')).RequestPage),
        },
        {
          path: '/requests/:id/accept',
          lazy: page(async () => (await import('./AcceptRoute')).AcceptRoute),
        },
        {
          path: '/sign-in',
          lazy: page(async () => (await import('../features/account/SignInPage')).SignInPage),
        },
        {
          path: '/register',
          lazy: page(async () => (await import('../features/account/RegisterPage')).RegisterPage),
        },
        {
          path: '/forgotten',
          lazy: page(async () => (await import('../features/account/ForgottenPage')).ForgottenPage),
        },
        {
          path: '/account/reset',
          lazy: page(async () => (await import('../features/account/ResetPage')).ResetPage),
        },
        {
          path: '/account/confirm',
          lazy: page(async () => (await import('../features/account/ConfirmPage')).ConfirmPage),
        },
        {
          path: '/farewell',
          lazy: page(async () => (await import('../features/account/FarewellPage')).FarewellPage),
        },
        {
          path: '/account',
          lazy: page(async () => (await import('../features/account/AccountShell')).AccountShell),
          children: guarded([
            {
              index: true,
              lazy: page(async () => (await import('./AccountOverviewRoute')).AccountOverviewRoute),
            },
            {
              path: 'inbox',
              lazy: page(async () => (await import('../features/inbox/InboxPage')).InboxPage),
            },
            {
              path: 'orders',
              lazy: page(async () => (await import('./OrdersRoute')).AccountOrdersRoute),
            },
            {
              path: 'requests',
              lazy: page(async () => (await import('../features/requests/MyRequestsPage')).MyRequestsPage),
            },
            {
              path: 'addresses',
              lazy: page(async () => (await import('../features/account/AddressesPage')).AddressesPage),
            },
            {
              path: 'security',
              lazy: page(async () => (await import('../features/account/SecurityPage')).SecurityPage),
            },
            {
              path: 'security/keys',
              lazy: page(async () => (await import('../features/account/KeysPage')).KeysPage),
            },
            {
              // Where they were before, and where bookmarks lead.
              path: 'keys',
              loader: () => redirect('/account/security/keys'),
            },
            {
              path: 'data',
              lazy: page(async () => (await import('../features/account/DataPage')).DataPage),
            },
          ]),
        },
        {
          path: '/pages/:slug',
          lazy: page(async () => (await import('./ContentRoute')).ContentRoute),
        },
        { path: '*', Component: NotFoundPage },
      ]),
    },
    {
      path: '/staff',
      ErrorBoundary: ShopTrouble,
      HydrateFallback: () => null,
      lazy: page(async () => (await import('../features/staff/StaffShell')).StaffShell, AloneNotLoaded),
      children: guarded([
        // Which page is the first one, the roles say: StaffShell leads there.
        { index: true, element: null },
        {
          path: 'orders',
          lazy: page(async () => (await import('../features/staff/StaffOrdersPage')).StaffOrdersPage),
        },
        {
          path: 'orders/:id',
          lazy: page(async () => (await import('../features/staff/StaffOrderPage')).StaffOrderPage),
        },
        {
          path: 'orders/:id/packing-slip',
          lazy: async () => ({
            Component: (await import('../features/staff/PackingSlipPage')).PackingSlipPage,
          }),
        },
        {
          path: 'requests',
          lazy: page(async () => (await import('../features/staff/triage/BoardPage')).BoardPage),
          children: [
            {
              path: ':id',
              lazy: page(async () => (await import('../features/staff/triage/RequestPanel')).RequestPanel),
            },
          ],
        },
        {
          path: 'codes',
          lazy: page(async () => (await import('../features/staff/CodesPage')).CodesPage),
        },
        {
          path: 'stock',
          lazy: page(async () => (await import('../features/staff/StockPage')).StockPage),
        },
        {
          path: 'audit',
          lazy: page(async () => (await import('../features/staff/AuditPage')).AuditPage),
        },
        {
          path: '*',
          lazy: page(async () => (await import('../features/staff/NoSuchPage')).NoSuchPage),
        },
      ]),
    },
    {
      // Not a page of the shop, though served with it: nothing of the shop is around it.
      path: '/sandbox/3-d-secure/:reference',
      ErrorBoundary: ShopTrouble,
      HydrateFallback: () => null,
      lazy: page(async () => (await import('../features/sandbox/BankPage')).BankPage, AloneNotLoaded),
    },
  ]
}
