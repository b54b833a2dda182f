import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'
import { markdownPages } from './build/markdown.ts'

// While developing, both APIs answer under the storefront's own origin, as behind nginx.
const shop = process.env.SHOP_URL ?? 'http://127.0.0.1:7400'

export default defineConfig({
  plugins: [react(), markdownPages()],
  server: { proxy: { '/api': shop } },
  preview: { proxy: { '/api': shop } },
  build: { target: 'es2022', assetsInlineLimit: 0, reportCompressedSize: true },
  test: {
    environment: 'jsdom',
    include: ['src/**/*.test.{ts,tsx}'],
    setupFiles: ['src/testing/setup.ts'],
    css: { modules: { classNameStrategy: 'non-scoped' } },
    restoreMocks: true,
    testTimeout: 20_000,
  },
})
