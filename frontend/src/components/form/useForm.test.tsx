// When a form speaks up: late about mistakes, at once about what is right again.
import { fireEvent, render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, it, vi } from 'vitest'
import { ErrorSummary } from './ErrorSummary'
import { TextField } from './TextField'
import { useForm, type Rule } from './useForm'

const required: Rule = (value) => (value === '' ? 'Enter something.' : null)
const rules = {
  email: (value: string) => (value.includes('@') ? null : 'That is no e-mail address.'),
  name: required,
}

function Example({ onSent, refuse = [] }: { onSent: (values: object) => void; refuse?: string[] }) {
  const form = useForm({ email: '', name: '' }, { rules, prefix: 'contact.' })
  return (
    <form
      noValidate
      onSubmit={form.onSubmit((values) => {
        onSent(values)
        form.refuse(refuse.map((field) => ({ field, message: `The shop minds ${field}.` })))
      })}
    >
      <ErrorSummary faults={form.faults} tries={form.tries} />
      <TextField {...form.field('email')} label="E-mail" />
      <TextField {...form.field('name')} label="Name" />
      <button type="submit">Send</button>
    </form>
  )
}

const user = userEvent.setup({ delay: null })
const email = () => screen.getByRole('textbox', { name: 'E-mail' })
const error = () => screen.queryAllByText('That is no e-mail address.')

it('says nothing while somebody types for the first time', async () => {
  render(<Example onSent={vi.fn()} />)
  await user.type(email(), 'ada')
  expect(error()).toHaveLength(0)
})

it('speaks up when the field is left, and takes it back with the letter that makes it right', async () => {
  render(<Example onSent={vi.fn()} />)
  await user.type(email(), 'ada')
  await user.tab()
  expect(error()).toHaveLength(1)
  expect(email()).toHaveAccessibleDescription('That is no e-mail address.')
  expect(email()).toBeInvalid()
  await user.type(email(), '@')
  expect(error()).toHaveLength(0)
  // Wrong again, but the field has not been left since.
  await user.clear(email())
  await user.type(email(), 'grace')
  expect(error()).toHaveLength(0)
})

it('does not mind a field that was only passed through', async () => {
  render(<Example onSent={vi.fn()} />)
  await user.click(email())
  await user.tab()
  expect(error()).toHaveLength(0)
})

it('moves nothing from under a press: what is wrong shows when that had its click', async () => {
  const sent = vi.fn()
  render(<Example onSent={sent} />)
  await user.type(email(), 'ada')
  const name = screen.getByRole('textbox', { name: 'Name' })
  await user.pointer({ keys: '[MouseLeft>]', target: name })
  expect(name).toHaveFocus()
  expect(error()).toHaveLength(0)
  await user.pointer({ keys: '[/MouseLeft]', target: name })
  expect(await screen.findByText('That is no e-mail address.')).toBeVisible()
})

/** jsdom has no pointer events of its own. */
const pointer = (name: 'pointerdown' | 'pointerup' | 'pointercancel', on: Element) =>
  fireEvent(on, new MouseEvent(name, { bubbles: true }))

it('does so on a touch screen, where focus moves when the finger is up already', async () => {
  render(<Example onSent={vi.fn()} />)
  await user.type(email(), 'ada')
  const button = screen.getByRole('button', { name: 'Send' })
  pointer('pointerdown', button)
  pointer('pointerup', button)
  fireEvent.mouseDown(button)
  fireEvent.blur(email())
  expect(error()).toHaveLength(0)
  fireEvent.mouseUp(button)
  expect(error()).toHaveLength(0)
  fireEvent.click(button)
  expect(screen.getByRole('group', { name: 'What is not right' })).toHaveFocus()
})

it('speaks up after a press that became a scroll, and while another button is held', async () => {
  render(<Example onSent={vi.fn()} />)
  await user.type(email(), 'ada')
  pointer('pointerdown', document.body)
  fireEvent.blur(email())
  expect(error()).toHaveLength(0)
  pointer('pointercancel', document.body)
  expect(await screen.findByText('That is no e-mail address.')).toBeVisible()
  await user.clear(email())
  await user.type(email(), 'grace')
  fireEvent.mouseDown(document.body, { button: 2 })
  fireEvent.blur(email())
  expect(error()).toHaveLength(1)
})

it('lists everything that is missing when it is sent, takes focus there, and leads to each field', async () => {
  const sent = vi.fn()
  render(<Example onSent={sent} />)
  await user.click(screen.getByRole('button', { name: 'Send' }))
  const summary = screen.getByRole('group', { name: 'What is not right' })
  expect(summary).toHaveFocus()
  expect(summary).toHaveTextContent('Please check 2 fields:That is no e-mail address.Enter something.')
  expect(sent).not.toHaveBeenCalled()
  await user.click(screen.getByRole('link', { name: 'Enter something.' }))
  expect(screen.getByRole('textbox', { name: 'Name' })).toHaveFocus()
})

it('sends what was typed, without the blanks around it', async () => {
  const sent = vi.fn()
  render(<Example onSent={sent} />)
  await user.type(email(), ' ada@example.org ')
  await user.type(screen.getByRole('textbox', { name: 'Name' }), 'Ada')
  await user.click(screen.getByRole('button', { name: 'Send' }))
  expect(sent.mock.calls).toEqual([[{ email: 'ada@example.org', name: 'Ada' }]])
  expect(screen.queryByRole('group', { name: 'What is not right' })).toBeNull()
})

it('sends a password as it was typed, and judges it so', async () => {
  const sent = vi.fn()
  const four = { password: (value: string) => (value.length < 4 ? 'Four at least.' : null) }
  function Secret() {
    const form = useForm({ password: '' }, { rules: four, verbatim: ['password'] })
    return (
      <form noValidate onSubmit={form.onSubmit(sent)}>
        <TextField {...form.field('password')} label="Password" />
      </form>
    )
  }
  render(<Secret />)
  await user.type(screen.getByRole('textbox', { name: 'Password' }), ' ab {Enter}')
  expect(sent.mock.calls).toEqual([[{ password: ' ab ' }]])
})

it('shows what the server complained about at its field, until that is changed', async () => {
  render(<Example onSent={vi.fn()} refuse={['contact.name', 'somewhere.else']} />)
  await user.type(email(), 'a@b')
  await user.type(screen.getByRole('textbox', { name: 'Name' }), 'Ada')
  await user.click(screen.getByRole('button', { name: 'Send' }))
  expect(screen.getByRole('textbox', { name: 'Name' })).toHaveAccessibleDescription(
    'The shop minds contact.name.',
  )
  await user.type(screen.getByRole('textbox', { name: 'Name' }), '!')
  expect(screen.queryByText('The shop minds contact.name.')).toBeNull()
})
