// A password is hidden until its typist wants to see it.
import { render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, it, vi } from 'vitest'
import { PasswordField } from './PasswordField'

const field = {
  id: 'secret',
  name: 'secret',
  value: 'abc',
  error: 'Too short.',
  onChange: vi.fn(),
  onBlur: vi.fn(),
}

it('shows and hides what is typed, with a name that says of which field', async () => {
  render(<PasswordField {...field} label="New password" autoComplete="new-password" hint="Twelve." />)
  const input = screen.getByLabelText('New password')
  expect(input).toHaveAttribute('type', 'password')
  expect(input).toHaveAccessibleDescription('Twelve. Too short.')
  expect(input).toBeInvalid()
  await userEvent.click(screen.getByRole('button', { name: 'Show new password' }))
  expect(input).toHaveAttribute('type', 'text')
  await userEvent.click(screen.getByRole('button', { name: 'Hide new password' }))
  expect(input).toHaveAttribute('type', 'password')
})
