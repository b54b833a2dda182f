import '@testing-library/jest-dom/vitest'
import { cleanup, configure } from '@testing-library/react'
import { afterEach } from 'vitest'
import { forgetSession } from '../api/session'

// A busy machine is slow, not wrong.
configure({ asyncUtilTimeout: 8_000 })

// Amounts and dates are written by the visitor's locale: here as the tests expect them.
Object.defineProperty(Navigator.prototype, 'languages', { get: () => ['en-GB', 'en'], configurable: true })

// jsdom has no layout to scroll in.
window.scrollTo = () => {}

afterEach(() => {
  cleanup()
  sessionStorage.clear()
  forgetSession()
})
