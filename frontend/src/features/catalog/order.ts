// In which order products stand on a page, beyond what the server sorts by. Pure.
import type { Product } from '../../api/types'

/** A product without a picture is a large letter: it stands behind the others, which keep their order. */
export function picturedFirst(products: Product[]): Product[] {
  const hasPicture = ({ picture }: Product) => picture !== null && picture !== undefined
  return [...products.filter(hasPicture), ...products.filter((product) => !hasPicture(product))]
}
