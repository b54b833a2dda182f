import { render, screen } from '@testing-library/react'
import { userEvent } from '@testing-library/user-event'
import { useState } from 'react'
import { expect, test } from 'vitest'
import NumberStepper from './NumberStepper'

/** As a cart's line: what is asked for is shown at once. */
function Line({ begin }: { begin: number }) {
  const [quantity, setQuantity] = useState(begin)
  return (
    <>
      <NumberStepper label="Quantity" value={quantity} onChange={setQuantity} />
      <output>{quantity}</output>
    </>
  )
}

const field = () => screen.getByRole<HTMLInputElement>('textbox', { name: 'Quantity' })
const shown = () => [field().value, screen.getByRole('status').textContent]
const press = (name: RegExp) => userEvent.click(screen.getByRole('button', { name }))

test('a number that is typed stays in the field, and the next step counts from it', async () => {
  render(<Line begin={6} />)
  await userEvent.clear(field())
  await userEvent.type(field(), '5{Enter}')
  expect(shown()).toEqual(['5', '5'])
  await press(/increase/i)
  expect(shown()).toEqual(['6', '6'])
  await userEvent.clear(field())
  await userEvent.type(field(), '9')
  await userEvent.tab()
  expect(shown()).toEqual(['9', '9'])
  await press(/decrease/i)
  expect(shown()).toEqual(['8', '8'])
})

test('a number that is typed and not confirmed is what a step counts from', async () => {
  render(<Line begin={1} />)
  await userEvent.clear(field())
  await userEvent.type(field(), '4')
  await press(/increase/i)
  expect(shown()).toEqual(['5', '5'])
})

test('there are whole things alone, and no empty field', async () => {
  render(<Line begin={3} />)
  await userEvent.clear(field())
  await userEvent.type(field(), '2.5{Enter}')
  expect(Number.isInteger(Number(shown()[1]))).toBe(true)
  expect(shown()[0]).toBe(shown()[1])
  await userEvent.clear(field())
  await userEvent.tab()
  expect(shown()[0]).toBe(shown()[1])
})
