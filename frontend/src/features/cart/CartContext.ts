// The shopper's one cart, for everything on the page. Provided by CartProvider.tsx.
import { createContext, use } from 'react'
import type { Offer } from '../../api/types'
import type { ShownCart, Wish } from './cartState'

export interface Message {
  id: number
  text: string
  /** Signing in is what helps. */
  isAboutSession: boolean
}

export interface CartContextValue {
  cart: ShownCart
  offers: Record<string, Offer>
  online: boolean
  add: (wish: Wish) => void
  /** Several at once: all of them or none. */
  addAll: (wishes: Wish[]) => void
  setQuantity: (sku: string, quantity: number) => void
  remove: (sku: string) => void
  clear: () => void
  /** What was taken out last and can be put back, or null. */
  removed: Wish[] | null
  undo: () => void
  forgetRemoved: () => void
  /** The cart became an order: what is put in from now on goes into a new one. */
  checkedOut: (cartId: string, order: string) => void
  /** An order was cancelled unpaid: waits for its cart. False where that does not come back to this shopper. */
  takeBack: (cartId: string, order: string) => Promise<boolean>
  /** What could not be done, until the shopper has read it. */
  messages: Message[]
  dismiss: (id: number) => void
  /** What a screen reader says about the last change. */
  announcement: string
}

export const CartContext = createContext<CartContextValue | null>(null)

export function useCart(): CartContextValue {
  const value = use(CartContext)
  if (value === null) throw new Error('useCart needs a CartProvider above it')
  return value
}
