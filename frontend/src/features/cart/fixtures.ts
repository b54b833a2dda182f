// Small carts for the tests of this folder.
import type { CartDocument, Money } from '../../api/types'
import type { Wish } from './cartState'

export const CART = '01a20520-0000-7000-8000-000000000001'
export const OWNER = '11111111-1111-4111-8111-111111111111'

export const eur = (minor: number): Money => ({ minor, currency: 'EUR' })
export const mug = (quantity = 1): Wish => ({
  sku: 'KIT-MUG-STONE',
  name: 'Morning mug',
  quantity,
  unit_price: eur(2200),
})
export const lamp = (quantity = 1): Wish => ({
  sku: 'LGT-LAMP-MOSS',
  name: 'Moss lamp',
  quantity,
  unit_price: eur(14500),
})

export function cartDocument(version: number, lines: Wish[], id = CART): CartDocument {
  return {
    id,
    version,
    owner: OWNER,
    currency: 'EUR',
    state: 'open',
    lines: lines.map((line) => ({ ...line, line_total: eur(line.unit_price.minor * line.quantity) })),
    subtotal: eur(lines.reduce((sum, line) => sum + line.unit_price.minor * line.quantity, 0)),
    item_count: lines.reduce((sum, line) => sum + line.quantity, 0),
    opened_at: '2026-01-01T10:00:00Z',
    updated_at: '2026-01-01T10:00:00Z',
  }
}
