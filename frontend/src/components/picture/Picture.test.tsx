import { render, screen } from '@testing-library/react'
import { describe, expect, test } from 'vitest'
import { DRAWINGS } from './drawings'
import { Picture } from './Picture'
import { TONES } from './palette'

const mug = { drawing: 'mug', colour: 'stone', name: 'Morning mug', category: 'kitchen' }

describe('a picture', () => {
  test('is spoken as the name of the product', () => {
    render(<Picture {...mug} />)
    expect(screen.getByRole('img', { name: 'Morning mug' })).toBeVisible()
  })

  test('is silent where the name stands beside it', () => {
    render(<Picture {...mug} decorative />)
    expect(screen.queryByRole('img')).toBeNull()
  })

  test('stands on the tint of its category', () => {
    render(<Picture {...mug} />)
    expect(screen.getByRole('img').style.getPropertyValue('--tint')).toContain('--tint-kitchen')
  })

  test.each([null, 'a-thing-that-nobody-has-drawn', 'constructor'])(
    'of %s is the initial of the name',
    (drawing) => {
      render(<Picture {...mug} drawing={drawing} name="élan lamp" />)
      expect(screen.getByRole('img', { name: 'élan lamp' })).toHaveTextContent(/^É$/)
    },
  )

  test.each(Object.keys(DRAWINGS))('of a %s has only planes that a browser can draw', (drawing) => {
    render(<Picture {...mug} drawing={drawing} />)
    const svg = screen.getByRole('img').innerHTML
    expect(svg).not.toMatch(/NaN|Infinity|undefined/)
    expect(svg.match(/<path/g)?.length ?? 0).toBeGreaterThan(2)
  })

  test('in a colour that this build does not know is drawn in stone', () => {
    const { container: unknown } = render(<Picture {...mug} colour="chartreuse" />)
    expect(unknown.innerHTML).toContain(TONES.stone.body)
  })

  test('is another one in another colour', () => {
    const { container: clay } = render(<Picture {...mug} colour="clay" />)
    expect(clay.innerHTML).toContain(TONES.clay.body)
    expect(clay.innerHTML).not.toContain(TONES.stone.body)
  })
})
