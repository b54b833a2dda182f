// What a receipt says beside what was bought: who sold it, and when it was paid.
import { screen, within } from '@testing-library/react'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { forgetKeys } from '../../api/orderKey'
import { TestEventSource } from '../../testing/live'
import { server } from '../../testing/shop'
import { createTill } from '../../testing/till'
import { confirmedTill, receipt, title, visit } from './testing'

beforeAll(() => server.listen({ onUnhandledRequest: 'error' }))
beforeEach(() => vi.stubGlobal('EventSource', TestEventSource))
afterEach(() => {
  server.resetHandlers()
  TestEventSource.open = []
  forgetKeys()
})
afterAll(() => server.close())

it('the receipt names the seller and the day of the payment', async () => {
  visit(confirmedTill())
  const paper = within(await receipt())
  expect(await paper.findByText('Lovelace & Daughters')).toBeVisible()
  for (const line of ['Quay 1', '9000 Ghent', 'Belgium', 'VAT ID BE0123456789']) {
    expect(paper.getByText(line)).toBeVisible()
  }
  expect(paper.getByText(/^Paid/)).toHaveTextContent(/^Paid, .*2 Mar/)
})

it('the receipt of an order that is not paid says no day', async () => {
  visit(createTill())
  await title()
  expect(screen.getByText('Not paid')).toHaveTextContent(/^Not paid$/)
})
