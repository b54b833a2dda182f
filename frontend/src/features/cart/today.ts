// What the cart comes to at today's prices: those that the checkout charges, whatever the price was when a line was put in.
// Called by everything of the cart that shows an amount.
import { useProducts } from '../../api/products'
import type { Money, Offer, Product } from '../../api/types'
import { times } from '../../components/money'
import { useCart } from './CartContext'
import type { ShownLine } from './cartState'

export interface LineToday extends ShownLine {
  /** How it is drawn and named; undefined while it is being asked for. */
  product: Product | undefined
  /** How it is sold now. */
  now: Offer | undefined
  /** Of one, today. */
  price: Money
}

export interface CartToday {
  lines: LineToday[]
  subtotal: Money
  /** At the prices of when the lines were put in. */
  before: Money
}

export function useCartToday(): CartToday {
  const { cart, offers } = useCart()
  const products = useProducts(cart.lines.map(({ sku }) => sku))
  return priced(cart.lines, cart.subtotal, (sku) => ({ product: products.get(sku), offer: offers[sku] }))
}

type Known = (sku: string) => { product: Product | undefined; offer: Offer | undefined }

export function priced(lines: ShownLine[], before: Money, known: Known): CartToday {
  const today = lines.map((line): LineToday => {
    const { product, offer } = known(line.sku)
    const now = newer(offer, product)
    const isSameMoney = now?.price.currency === line.unit_price.currency
    return { ...line, product, now, price: isSameMoney ? now.price : line.unit_price }
  })
  const minor = today.reduce((sum, { price, quantity }) => sum + times(price, quantity).minor, 0)
  return { lines: today, before, subtotal: { ...before, minor } }
}

/** The live stream and the catalogue may each have heard of a change first. */
function newer(offer: Offer | undefined, product: Product | undefined): Offer | undefined {
  return offer === undefined || (product !== undefined && product.version > offer.version) ? product : offer
}
