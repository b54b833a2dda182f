// Every page of the shop, and where the features meet. A page's questions are asked while its code still loads.
import type { QueryClient } from '@tanstack/react-query'
import type { RouteObject } from 'react-router'
import { catalogueQuery, homeQuery, productQuery } from '../features/catalog/api'
import { parseFilters } from '../features/catalog/filters'
import { HomePage } from '../features/catalog/HomePage'
import { NotFoundPage } from './NotFoundPage'
import { PageTrouble } from './PageTrouble'
import { Shell } from './Shell'

function Opening() {
  return <div style={{ minHeight: '100vh' }} aria-busy="true" />
}

export function createRoutes(queryClient: QueryClient): RouteObject[] {
  return [
    {
      Component: Shell,
      ErrorBoundary: PageTrouble,
      children: [
        {
          path: '/',
          Component: HomePage,
          HydrateFallback: Opening,
          loader: () => {
            void queryClient.prefetchQuery(homeQuery())
            return null
          },
        },
        {
          path: '/shop',
          HydrateFallback: Opening,
          lazy: {
            Component: async () => (await import('../features/catalog/CataloguePage')).CataloguePage,
          },
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
          HydrateFallback: Opening,
          lazy: {
            Component: async () => {
              const [{ ProductPage }, { AddToCart }] = await Promise.all([
                import('../features/catalog/ProductPage'),
                import('../features/cart/AddToCart'),
              ])
              return function ProductRoute() {
                return <ProductPage Buy={AddToCart} NotFound={NotFoundPage} />
              }
            },
          },
          loader: ({ params }) => {
            void queryClient.prefetchQuery(productQuery(params.sku ?? ''))
            return null
          },
        },
        {
          path: '/cart',
          HydrateFallback: Opening,
          lazy: { Component: async () => (await import('../features/cart/CartPage')).CartPage },
        },
        { path: '*', Component: NotFoundPage },
      ],
    },
  ]
}
