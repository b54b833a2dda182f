// Every page of the shop, and where the features meet. The pages that sell are small and come with the first load; what is
// big and not needed to see them (drawer, sheet) is loaded behind them, and so is what comes after: checkout,
// orders, accounts, staff. Loaders ask a page's question early.
import type { QueryClient } from '@tanstack/react-query'
import { lazy, Suspense } from 'react'
import { redirect, type RouteObject } from 'react-router'
import type { Product } from '../api/types'
import { AddToCart } from '../features/cart/AddToCart'
import { CartPage } from '../features/cart/CartPage'
import { catalogueQuery, homeQuery, productQuery } from '../features/catalog/api'
import { parseFilters } from '../features/catalog/filters'
import { CataloguePage } from '../features/catalog/CataloguePage'
import { HomePage } from '../features/catalog/HomePage'
import { ProductPage } from '../features/catalog/ProductPage'
import { NotFoundPage } from './NotFoundPage'
import { PageTrouble } from './PageTrouble'
import { Shell } from './Shell'
import styles from './Page.module.css'

const TellMe = lazy(() => import('../features/requests/TellMe'))

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

export function createRoutes(queryClient: QueryClient): RouteObject[] {
  return [
    {
      Component: Shell,
      ErrorBoundary: PageTrouble,
      HydrateFallback: () => null,
      children: [
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
          lazy: async () => ({ Component: (await import('./CheckoutRoute')).CheckoutRoute }),
        },
        {
          path: '/orders',
          lazy: async () => ({ Component: (await import('./OrdersRoute')).OrdersRoute }),
        },
        {
          path: '/orders/:id',
          lazy: async () => ({ Component: (await import('./OrderRoute')).OrderRoute }),
        },
        {
          path: '/requests',
          lazy: async () => ({ Component: (await import('../features/requests/RequestsPage')).RequestsPage }),
        },
        {
          path: '/requests/new',
          lazy: async () => ({
            Component: (await import('../features/requests/NewRequestPage')).NewRequestPage,
          }),
        },
        {
          path: '/requests/:id',
          lazy: async () => ({ Component: (await import('../features/requests/RequestPage')).RequestPage }),
        },
        {
          path: '/requests/:id/accept',
          lazy: async () => ({ Component: (await import('./AcceptRoute')).AcceptRoute }),
        },
        {
          path: '/sign-in',
          lazy: async () => ({ Component: (await import('../features/account/SignInPage')).SignInPage }),
        },
        {
          path: '/register',
          lazy: async () => ({ Component: (await import('../features/account/RegisterPage')).RegisterPage }),
        },
        {
          path: '/forgotten',
          lazy: async () => ({
            Component: (await import('../features/account/ForgottenPage')).ForgottenPage,
          }),
        },
        {
          path: '/account/reset',
          lazy: async () => ({ Component: (await import('../features/account/ResetPage')).ResetPage }),
        },
        {
          path: '/account/confirm',
          lazy: async () => ({ Component: (await import('../features/account/ConfirmPage')).ConfirmPage }),
        },
        {
          path: '/farewell',
          lazy: async () => ({ Component: (await import('../features/account/FarewellPage')).FarewellPage }),
        },
        {
          path: '/account',
          lazy: async () => ({
            Component: (await import('../features/account/AccountShell')).AccountShell,
          }),
          children: [
            {
              index: true,
              lazy: async () => ({
                Component: (await import('../features/account/OverviewPage')).OverviewPage,
              }),
            },
            {
              path: 'inbox',
              lazy: async () => ({ Component: (await import('../features/inbox/InboxPage')).InboxPage }),
            },
            {
              path: 'orders',
              lazy: async () => ({ Component: (await import('./OrdersRoute')).AccountOrdersRoute }),
            },
            {
              path: 'requests',
              lazy: async () => ({
                Component: (await import('../features/requests/MyRequestsPage')).MyRequestsPage,
              }),
            },
            {
              path: 'addresses',
              lazy: async () => ({
                Component: (await import('../features/account/AddressesPage')).AddressesPage,
              }),
            },
            {
              path: 'security',
              lazy: async () => ({
                Component: (await import('../features/account/SecurityPage')).SecurityPage,
              }),
            },
            {
              path: 'keys',
              lazy: async () => ({ Component: (await import('../features/account/KeysPage')).KeysPage }),
            },
            {
              path: 'data',
              lazy: async () => ({ Component: (await import('../features/account/DataPage')).DataPage }),
            },
          ],
        },
        {
          path: '/pages/:slug',
          lazy: async () => {
            const { ContentRoute, contentLoader } = await import('./ContentRoute')
            return { Component: ContentRoute, loader: contentLoader }
          },
        },
        { path: '*', Component: NotFoundPage },
      ],
    },
    {
      path: '/staff',
      ErrorBoundary: PageTrouble,
      HydrateFallback: () => null,
      lazy: async () => ({ Component: (await import('../features/staff/StaffShell')).StaffShell }),
      children: [
        // Which page is the first one, the roles say: StaffShell leads there.
        { index: true, element: null },
        {
          path: 'orders',
          lazy: async () => ({
            Component: (await import('../features/staff/StaffOrdersPage')).StaffOrdersPage,
          }),
        },
        {
          path: 'orders/:id',
          lazy: async () => ({
            Component: (await import('../features/staff/StaffOrderPage')).StaffOrderPage,
          }),
        },
        {
          path: 'requests',
          lazy: async () => ({ Component: (await import('../features/staff/triage/BoardPage')).BoardPage }),
          children: [
            {
              path: ':id',
              lazy: async () => ({
                Component: (await import('../features/staff/triage/RequestPanel')).RequestPanel,
              }),
            },
          ],
        },
        {
          path: 'codes',
          lazy: async () => ({ Component: (await import('../features/staff/CodesPage')).CodesPage }),
        },
        {
          path: 'stock',
          lazy: async () => ({ Component: (await import('../features/staff/StockPage')).StockPage }),
        },
        {
          path: 'audit',
          lazy: async () => ({ Component: (await import('../features/staff/AuditPage')).AuditPage }),
        },
        {
          path: '*',
          lazy: async () => ({ Component: (await import('../features/staff/NoSuchPage')).NoSuchPage }),
        },
      ],
    },
    {
      // Not a page of the shop, though served with it: nothing of the shop is around it.
      path: '/sandbox/3-d-secure/:reference',
      ErrorBoundary: PageTrouble,
      HydrateFallback: () => null,
      lazy: async () => ({ Component: (await import('../features/sandbox/BankPage')).BankPage }),
    },
  ]
}
