import { act, fireEvent, render, screen } from '@testing-library/react'
import { Suspense, useState } from 'react'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { lazyWithRetry } from './lazyWithRetry'

beforeEach(() => {
  vi.useFakeTimers()
  // React tells the console of every error that a boundary catches.
  vi.spyOn(console, 'error').mockImplementation(() => {})
})
afterEach(() => vi.useRealTimers())

const there = { default: ({ name }: { name: string }) => <p>The drawer of {name}</p> }
const gone = () => Promise.reject(new TypeError('Failed to fetch dynamically imported module'))

function begin(load: () => Promise<typeof there>) {
  const Part = lazyWithRetry(load, ({ name }) => <p>Instead, for {name}</p>)
  function Page() {
    const [isOpen, setOpen] = useState(true)
    return (
      <>
        <h1>The page</h1>
        <button onClick={() => setOpen(!isOpen)}>Press</button>
        <Suspense>{isOpen && <Part name="Ada" />}</Suspense>
      </>
    )
  }
  render(<Page />)
}

const pass = (ms: number) => act(() => vi.advanceTimersByTimeAsync(ms))

it('a load that fails once is tried again soon', async () => {
  const load = vi.fn(() => Promise.resolve(there)).mockImplementationOnce(gone)
  begin(load)
  await pass(999)
  expect(load).toHaveBeenCalledTimes(1)
  await pass(1)
  expect(screen.getByText('The drawer of Ada')).toBeVisible()
})

it('one that fails again has something else in its place, and leaves the page around it', async () => {
  const load = vi.fn(gone)
  begin(load)
  await pass(1_000)
  expect(screen.getByText('Instead, for Ada')).toBeVisible()
  expect(screen.getByRole('heading', { name: 'The page' })).toBeVisible()
  await pass(60_000)
  expect(load).toHaveBeenCalledTimes(2)
})

it('offline it is tried once, and again when the browser is back online', async () => {
  const online = vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(false)
  const load = vi.fn(() => Promise.resolve(there)).mockImplementationOnce(gone)
  begin(load)
  await pass(10_000)
  expect(load).toHaveBeenCalledTimes(1)
  expect(screen.getByText('Instead, for Ada')).toBeVisible()
  online.mockReturnValue(true)
  fireEvent(window, new Event('online'))
  await pass(0)
  expect(screen.getByText('The drawer of Ada')).toBeVisible()
})

it('it is tried again when it is opened again', async () => {
  vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(false)
  const load = vi.fn(() => Promise.resolve(there)).mockImplementationOnce(gone)
  begin(load)
  await pass(0)
  fireEvent.click(screen.getByRole('button'))
  fireEvent.click(screen.getByRole('button'))
  await pass(0)
  expect(screen.getByText('The drawer of Ada')).toBeVisible()
})

it('a load that never ends is given up', async () => {
  const load = vi.fn(() => new Promise<typeof there>(() => {}))
  begin(load)
  await pass(14_999)
  expect(screen.queryByText('Instead, for Ada')).toBeNull()
  await pass(1)
  expect(screen.getByText('Instead, for Ada')).toBeVisible()
  expect(load).toHaveBeenCalledTimes(1)
})

it('one that breaks while it is shown leaves the page, too', async () => {
  const broken = () => {
    throw new Error('It broke.')
  }
  begin(() => Promise.resolve({ default: broken }))
  await pass(0)
  expect(screen.getByText('Instead, for Ada')).toBeVisible()
})
