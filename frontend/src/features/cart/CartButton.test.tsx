import { render, screen } from '@testing-library/react'
import { MemoryRouter } from 'react-router'
import { expect, it } from 'vitest'
import { CartButton } from './CartButton'
import { CartContext, type CartContextValue } from './CartContext'
import { emptyState, shown } from './cartState'

function show(cart: Partial<CartContextValue['cart']>) {
  const value = { cart: { ...shown(emptyState), ...cart }, forgetRemoved: () => {} } as CartContextValue
  render(
    <CartContext value={value}>
      <MemoryRouter>
        <CartButton />
      </MemoryRouter>
    </CartContext>,
  )
  return screen.getByRole('button')
}

it('a count that nobody knows is not none', () => {
  const button = show({ loaded: false, unreachable: true })
  expect(button).toHaveAccessibleName(/^Cart ?, number of items unknown$/)
  expect(button).toHaveTextContent('–')
  expect(button).not.toHaveTextContent('0')
})

it('an empty cart has none', () => {
  const button = show({ loaded: true })
  expect(button).toHaveAccessibleName(/^Cart ?, 0 /)
  expect(button).toHaveTextContent('0')
})

it('what this tab put in is known before the shop answers', () => {
  expect(show({ loaded: false, itemCount: 2 })).toHaveAccessibleName(/^Cart ?, 2 /)
})
