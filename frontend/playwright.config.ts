import { defineConfig } from '@playwright/test'

/** The journeys run against a shop that is up: `./dev up`, or wherever SHOP_URL points. */
export default defineConfig({
  testDir: 'e2e',
  // Limits for what is broken, not measures of speed: machines differ threefold.
  timeout: 90_000,
  expect: { timeout: 20_000 },
  workers: 2,
  fullyParallel: true,
  forbidOnly: true,
  reporter: 'list',
  use: {
    baseURL: process.env.SHOP_URL ?? 'http://127.0.0.1:7400',
    viewport: { width: 1280, height: 860 },
    // Amounts and dates are written by the visitor's locale: here as the journeys expect them.
    locale: 'en-GB',
    trace: 'retain-on-failure',
    // What is routed by a journey must not be answered by a worker. Its own journeys let it in: offline.spec.ts.
    serviceWorkers: 'block',
    launchOptions: {
      // Debian's own browser: nothing is downloaded.
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: [
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        '--disable-dev-shm-usage',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
})
