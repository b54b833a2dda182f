import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { useEffect } from 'react'
import { createBrowserRouter, RouterProvider } from 'react-router'
import { isWorthAnotherTry } from '../api/limits'
import { ProblemError } from '../api/problem'
import { followOtherTabs } from '../api/session'
import { CartProvider } from '../features/cart/CartProvider'
import { keepPersonal } from './personal'
import { createRoutes } from './routes'

const MINUTE = 60_000

const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 15_000,
      // Long enough that Back finds its list as it was left.
      gcTime: 30 * MINUTE,
      // Asked for also while the browser says that it is offline: the service worker has the catalogue's last answers, and without
      // an answer a page can say so, instead of waiting without a word.
      networkMode: 'always',
      refetchOnReconnect: true,
      retry: isWorthAnotherTry,
      retryDelay: (attempt, error) =>
        (error instanceof ProblemError ? error.problem.retryAfterMs : null) ??
        Math.min(400 * 2 ** attempt, 5_000),
    },
  },
})

keepPersonal(queryClient)
const router = createBrowserRouter(createRoutes(queryClient))

export function App() {
  useEffect(followOtherTabs, [])
  return (
    <QueryClientProvider client={queryClient}>
      <CartProvider>
        <RouterProvider router={router} />
      </CartProvider>
    </QueryClientProvider>
  )
}
