// Names for what the two APIs say. Everything is taken from the generated descriptions; nothing is retyped by hand.
import type { paths as CommandPaths } from './generated/commands'
import type { paths as QueryPaths } from './generated/queries'

type Ok<Operation> = Operation extends { responses: { 200: { content: { 'application/json': infer Body } } } }
  ? Body
  : never

export type CartDocument = Ok<QueryPaths['/api/queries/carts/{id}']['get']>
export type CartLine = CartDocument['lines'][number]
export type Money = CartDocument['subtotal']
export type ProductPage = Ok<QueryPaths['/api/queries/products']['get']>
export type Product = Ok<QueryPaths['/api/queries/products/{sku}']['get']>
export type ProductSearch = NonNullable<QueryPaths['/api/queries/products']['get']['parameters']['query']>
export type Sort = NonNullable<ProductSearch['sort']>
export type Facets = ProductPage['facets']
export type CommandAnswer = Ok<CommandPaths['/api/commands/carts/{id}/lines']['post']>

/** What the live stream says about a product that is in the cart. */
export type Offer = Pick<Product, 'sku' | 'price' | 'available' | 'availability' | 'listed' | 'version'>
