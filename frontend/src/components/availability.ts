// Whether something can be had, in words. Called by cards, the product page and the add bar.
import type { Product } from '../api/types'

type Stock = Pick<Product, 'listed' | 'available' | 'availability'>

export function availabilityInWords({ listed, available, availability }: Stock): string {
  if (!listed) return 'No longer sold'
  switch (availability) {
    case 'in-stock':
      return 'In stock'
    case 'low':
      return available === 1 ? 'The last one' : `Only ${available} left`
    case 'out-of-stock':
      return 'Out of stock at the moment'
  }
}

export function canBeBought({ listed, availability }: Stock): boolean {
  return listed && availability !== 'out-of-stock'
}
