// Builds the service worker into the storefront that was built before, whose files it lists.
import { defineConfig } from 'vite'
import { shellFiles } from './build/shellFiles.ts'

export default defineConfig({
  publicDir: false,
  define: {
    SHELL_FILES: JSON.stringify(shellFiles('dist')),
    'process.env.NODE_ENV': JSON.stringify('production'),
  },
  build: {
    target: 'es2022',
    emptyOutDir: false,
    lib: {
      entry: 'src/worker/service-worker.ts',
      name: 'worker',
      formats: ['iife'],
      fileName: () => 'service-worker.js',
    },
  },
})
