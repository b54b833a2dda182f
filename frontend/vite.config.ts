import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'
import { markdownPages } from './build/markdown.ts'
import { shell } from './build/shell.ts'

// While developing, both APIs answer under the storefront's own origin, as behind nginx.
const shop = process.env.SHOP_URL ?? 'http://127.0.0.1:7400'

/**
 * Which modules come together. A request costs a phone more than a few kilobytes do: the first load is one file, and what later pages
 * share is few.
 */
const chunkGroups = [
  { name: 'shop', tags: ['$initial' as const], priority: 2 },
  // Without what brings React Aria's dialogs: a form does not need them.
  {
    name: 'parts',
    test: /src\/(components|api|features\/account\/api)\b(?!\/(ConfirmDialog|Sheet|NumberStepper))/,
    minShareCount: 2,
    priority: 1,
  },
  // One way: who checks out sees the order next.
  { name: 'buying', test: /src\/(features\/(checkout|orders)\/|app\/(CheckoutRoute|OrderRoute|useShopper))/ },
  { name: 'account', test: /src\/features\/account\//, minShareCount: 2, priority: 1 },
  { name: 'requests', test: /src\/features\/requests\//, minShareCount: 2, priority: 1 },
]

export default defineConfig({
  plugins: [react(), markdownPages(), shell()],
  server: { proxy: { '/api': shop } },
  preview: { proxy: { '/api': shop } },
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    reportCompressedSize: true,
    // Every browser that reads ES2022 preloads modules, or does well without.
    modulePreload: { polyfill: false },
    // For the service worker, which lists what it keeps: vite.worker.config.ts.
    manifest: true,
    rolldownOptions: { output: { codeSplitting: { groups: chunkGroups } } },
  },
  test: {
    environment: 'jsdom',
    include: ['src/**/*.test.{ts,tsx}'],
    setupFiles: ['src/testing/setup.ts'],
    css: { modules: { classNameStrategy: 'non-scoped' } },
    restoreMocks: true,
    testTimeout: 20_000,
  },
})
