// The field and the number behind it, which are looked at together: what is shown is what is bought.
import { act, fireEvent, render, screen } from '@testing-library/react'
import { userEvent } from '@testing-library/user-event'
import { useEffect, useState } from 'react'
import { expect, test, vi } from 'vitest'
import NumberStepper from './NumberStepper'

let changedElsewhere: (quantity: number) => void = () => {}

/** As a cart's line: what is asked for is shown at once. `most` is what the shop gives, whatever is asked for. */
function Line({ begin, most = 999 }: { begin: number; most?: number }) {
  const [quantity, setQuantity] = useState(begin)
  useEffect(() => {
    changedElsewhere = setQuantity
  }, [])
  return (
    <>
      <NumberStepper label="Quantity" value={quantity} onChange={(n) => setQuantity(Math.min(n, most))} />
      <output>{quantity}</output>
      <button type="button">Elsewhere</button>
    </>
  )
}

const user = userEvent.setup({ delay: null })
const field = () => screen.getByRole<HTMLInputElement>('textbox', { name: 'Quantity' })
const shown = () => [field().value, screen.getByRole('status').textContent]
const press = (name: string) => user.click(screen.getByRole('button', { name }))
const plus = () => press('Increase Quantity')
const minus = () => press('Decrease Quantity')
const said = () => document.querySelector('[aria-live]')?.textContent

/** Tab selects what is in the field, as in a browser; the keys replace it. */
async function type(keys: string) {
  if (document.activeElement !== field()) await user.click(field())
  field().select()
  await user.keyboard(keys)
}

test.each(['40{Tab}', '40{Enter}'])(
  'typed and confirmed by %s, a number stays, and steps count from it',
  async (keys) => {
    render(<Line begin={1} />)
    await type(keys)
    expect(shown()).toEqual(['40', '40'])
    await plus()
    expect(shown()).toEqual(['41', '41'])
    await type('12{Tab}')
    expect(shown()).toEqual(['12', '12'])
    await plus()
    expect(shown()).toEqual(['13', '13'])
    await type('7{Tab}')
    await minus()
    expect(shown()).toEqual(['6', '6'])
  },
)

test('a click on something else confirms what is typed', async () => {
  render(<Line begin={1} />)
  await type('40')
  expect(shown()).toEqual(['40', '1'])
  await press('Elsewhere')
  expect(shown()).toEqual(['40', '40'])
})

test('so does a tap that leaves focus in the field', async () => {
  render(<Line begin={1} />)
  await type('40')
  fireEvent.click(screen.getByRole('button', { name: 'Elsewhere' }))
  expect(field()).toHaveFocus()
  expect(shown()).toEqual(['40', '40'])
})

test('a step counts from a number that is typed and not confirmed', async () => {
  render(<Line begin={1} />)
  await type('4')
  fireEvent.click(screen.getByRole('button', { name: 'Increase Quantity' }))
  expect(shown()).toEqual(['5', '5'])
  await type('9{ArrowDown}')
  expect(shown()).toEqual(['8', '8'])
})

test('while a press goes on nothing is changed that could move the page under it', async () => {
  render(<Line begin={1} />)
  await type('4')
  const target = screen.getByRole('button', { name: 'Increase Quantity' })
  await user.pointer({ keys: '[MouseLeft>]', target })
  expect(field()).not.toHaveFocus()
  expect(shown()).toEqual(['4', '1'])
  await user.pointer({ keys: '[/MouseLeft]', target })
  expect(shown()).toEqual(['5', '5'])

  await type('9')
  await user.pointer({ keys: '[MouseLeft>]', target: document.body })
  expect(shown()).toEqual(['9', '5'])
  await user.pointer({ keys: '[/MouseLeft]', target: document.body })
  await vi.waitFor(() => expect(shown()).toEqual(['9', '9']))
})

test('steps that come faster than the page is drawn are all counted', () => {
  const asked = vi.fn()
  render(<NumberStepper label="Quantity" value={1} onChange={asked} />)
  const button = screen.getByRole('button', { name: 'Increase Quantity' })
  act(() => {
    for (let click = 0; click < 3; click += 1) button.click()
  })
  expect(asked.mock.calls).toEqual([[2], [3], [4]])
})

test('arrow keys step, and the new number is said', async () => {
  render(<Line begin={3} />)
  await user.click(field())
  await user.keyboard('{ArrowUp}{ArrowUp}')
  expect(shown()).toEqual(['5', '5'])
  expect(said()).toBe('5')
  await user.keyboard('{ArrowDown}')
  expect(said()).toBe('4')
})

test('Escape gives back what was there, and only the next one is the dialog’s', async () => {
  const heard = vi.fn()
  render(
    <div onKeyDown={(event) => heard(event.key)} role="presentation">
      <Line begin={3} />
    </div>,
  )
  await type('40')
  heard.mockClear()
  await user.keyboard('{Escape}')
  expect(shown()).toEqual(['3', '3'])
  expect(heard).not.toHaveBeenCalled()
  await user.keyboard('{Escape}')
  expect(heard).toHaveBeenCalledWith('Escape')
  await user.tab()
  expect(shown()).toEqual(['3', '3'])
})

test.each([
  ['', 'Enter a whole number from 1 to 999.'],
  ['many', 'Enter a whole number from 1 to 999.'],
  ['2.5', 'Enter a whole number from 1 to 999.'],
  ['2,5', 'Enter a whole number from 1 to 999.'],
  ['-4', '1 is the least.'],
  ['0', '1 is the least.'],
  ['1000', '999 is the most.'],
])('“%s” changes nothing, and it is said why', async (typed, why) => {
  render(<Line begin={3} />)
  await type(typed === '' ? '{Backspace}' : typed)
  expect(shown()).toEqual([typed, '3'])
  await user.tab()
  expect(shown()).toEqual(['3', '3'])
  await vi.waitFor(() => expect(said()).toBe(`${why} Nothing was changed.`))
  expect(field()).toHaveAccessibleDescription(`${why} Nothing was changed.`)
  await plus()
  expect(shown()).toEqual(['4', '4'])
  expect(field()).not.toHaveAccessibleDescription()
})

test('a number in full-width digits is a number', async () => {
  render(<Line begin={3} />)
  await type('４２{Enter}')
  expect(shown()).toEqual(['42', '42'])
})

test('Enter and arrows belong to the list of words while it is open', async () => {
  render(<Line begin={3} />)
  await type('４')
  fireEvent.keyDown(field(), { key: 'Enter', isComposing: true })
  fireEvent.keyDown(field(), { key: 'ArrowDown', isComposing: true })
  expect(shown()).toEqual(['４', '3'])
})

test('at an end a step changes nothing, keeps focus and says so', async () => {
  render(<Line begin={998} />)
  await plus()
  expect(screen.getByRole('button', { name: 'Increase Quantity' })).toHaveAttribute('aria-disabled', 'true')
  await plus()
  expect(shown()).toEqual(['999', '999'])
  expect(said()).toBe('999 is the most.')
  expect(screen.getByRole('button', { name: 'Increase Quantity' })).toHaveFocus()
})

test('typing is kept while the page is drawn anew, and given up when the number changes elsewhere', async () => {
  const { rerender } = render(<Line begin={1} />)
  await type('4')
  rerender(<Line begin={1} />)
  expect(field()).toHaveValue('4')
  act(() => changedElsewhere(2))
  expect(shown()).toEqual(['2', '2'])
  expect(said()).toBe('Changed elsewhere to 2.')
  await user.tab()
  expect(said()).toBe('')
  act(() => changedElsewhere(1))
  expect(shown()).toEqual(['1', '1'])
})

test('where the shop gives less, the field shows what it gives', async () => {
  render(<Line begin={1} most={5} />)
  await type('40{Tab}')
  expect(shown()).toEqual(['5', '5'])
  await type('40{Enter}')
  expect(shown()).toEqual(['5', '5'])
  await plus()
  await plus()
  expect(shown()).toEqual(['5', '5'])
})

test('a refusal that comes later takes the field back as well', async () => {
  render(<Line begin={1} />)
  await type('40{Tab}')
  expect(shown()).toEqual(['40', '40'])
  act(() => changedElsewhere(1))
  expect(shown()).toEqual(['1', '1'])
  await plus()
  expect(shown()).toEqual(['2', '2'])
})

test('the wheel changes nothing', async () => {
  render(<Line begin={3} />)
  await user.click(field())
  fireEvent.wheel(field(), { deltaY: 100 })
  expect(shown()).toEqual(['3', '3'])
})
