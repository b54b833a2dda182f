// What people are told while the browser is offline, or the shop slow or broken.
import { QueryClient, QueryClientProvider, useQuery } from '@tanstack/react-query'
import { act, fireEvent, render, screen } from '@testing-library/react'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { ConnectionLine } from './ConnectionLine'
import { Trouble } from './Trouble'
import { Waiting } from './Waiting'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

const pass = (ms: number) => act(() => vi.advanceTimersByTimeAsync(ms))

function setOnline(isOnline: boolean) {
  vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(isOnline)
  fireEvent(window, new Event(isOnline ? 'online' : 'offline'))
}

function Shelf({ answer }: { answer: Promise<string> }) {
  const { data, isError } = useQuery({ queryKey: ['shelf'], queryFn: () => answer, retry: false })
  return <p>{isError ? 'Failed' : (data ?? 'Loading')}</p>
}

function show(answer: Promise<string> = Promise.resolve('Mugs')) {
  render(
    <QueryClientProvider client={new QueryClient()}>
      <ConnectionLine />
      <Shelf answer={answer} />
    </QueryClientProvider>,
  )
  return screen.getByRole('status', { name: 'Connection' })
}

it('the line says that the browser is offline and what becomes of changes, until it is back', () => {
  const line = show()
  expect(line).toBeEmptyDOMElement()
  setOnline(false)
  expect(line).toHaveTextContent(
    'You are offline. Changes to your cart are kept and sent when you are back online.',
  )
  setOnline(true)
  expect(line).toBeEmptyDOMElement()
})

it('an empty place that is waited for says after 5 s that it takes longer, and not once it is filled', async () => {
  let answer: (said: string) => void = () => {}
  const line = show(new Promise((resolve) => (answer = resolve)))
  await pass(4_999)
  expect(line).toBeEmptyDOMElement()
  await pass(1)
  expect(line).toHaveTextContent('This takes longer than usual.')
  answer('Mugs')
  await pass(0)
  expect(screen.getByText('Mugs')).toBeVisible()
  expect(line).toBeEmptyDOMElement()
})

it('trouble blames the connection only while the browser is offline', () => {
  render(<Trouble title="The shelves did not load">Your cart is safe.</Trouble>)
  const said = screen.getByRole('alert')
  expect(said).toHaveTextContent('Something is wrong on our side. Your cart is safe. Please try again.')
  setOnline(false)
  expect(said).toHaveTextContent('You are offline. Your cart is safe. It loads when you are back online.')
  setOnline(true)
})

it('trouble in place of a page is its heading', () => {
  render(<Trouble isPage title="Your order did not load" />)
  expect(screen.getByRole('heading', { level: 1, name: 'Your order did not load' })).toBeVisible()
})

it('a payment that is waited for says so after 5 s, and offers a way out after 15', async () => {
  render(<Waiting title="We are checking your payment" />)
  await pass(4_999)
  expect(screen.queryByText(/longer than usual/)).toBeNull()
  await pass(1)
  expect(screen.getByText(/longer than usual/)).toBeVisible()
  expect(screen.queryByRole('button')).toBeNull()
  await pass(10_000)
  expect(screen.getByRole('button', { name: 'Reload this page' })).toBeVisible()
})
