// Names for what the two APIs say. Everything is taken from their descriptions; nothing is retyped by hand.
import type { CommandPaths, QueryPaths } from './paths'

type Ok<Operation> = Operation extends { responses: { 200: { content: { 'application/json': infer Body } } } }
  ? Body
  : never
type Sent<Operation> = Operation extends { requestBody: { content: { 'application/json': infer Body } } }
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

export type CheckoutSettings = Ok<CommandPaths['/api/commands/checkout-settings']['get']>
export type Seller = Ok<CommandPaths['/api/commands/seller']['get']>
export type Quote = Ok<CommandPaths['/api/commands/carts/{id}/quote']['post']>
export type CheckoutRequest = Sent<CommandPaths['/api/commands/carts/{id}/checkout']['post']>
export type PlacedOrder = Ok<CommandPaths['/api/commands/carts/{id}/checkout']['post']>
export type Contact = CheckoutRequest['contact']
export type Totals = Quote['totals']

export type OrderDocument = Ok<QueryPaths['/api/queries/orders/{id}']['get']>
export type OrderPage = Ok<QueryPaths['/api/queries/orders']['get']>
export type OrderSummary = OrderPage['orders'][number]
export type OrderState = OrderDocument['state']
export type PaymentState = OrderDocument['payment']['state']
export type ReturnReason = NonNullable<OrderDocument['return']>['reason']
export type StaffOrderFilter = NonNullable<
  NonNullable<QueryPaths['/api/queries/staff/orders']['get']['parameters']['query']>['state']
>

export type DiscountCode = Ok<CommandPaths['/api/commands/discount-codes']['get']>['codes'][number]
export type NewDiscountCode = Sent<CommandPaths['/api/commands/discount-codes']['post']>
export type RequestCustomer = Ok<CommandPaths['/api/commands/requests/{id}/customer']['get']>
export type AuditPage = Ok<CommandPaths['/api/commands/audit']['get']>
export type AuditEntry = AuditPage['entries'][number]
export type Stock = Ok<CommandPaths['/api/commands/stock/{sku}']['get']>

export type RequestPage = Ok<QueryPaths['/api/queries/requests']['get']>
export type ListedRequest = RequestPage['requests'][number]
export type RequestDocument = Ok<QueryPaths['/api/queries/requests/{id}']['get']>
export type SimilarRequest = Ok<QueryPaths['/api/queries/requests/similar']['get']>['requests'][number]
export type RequestSearch = NonNullable<QueryPaths['/api/queries/requests']['get']['parameters']['query']>
export type RequestKind = ListedRequest['kind']
export type RequestState = ListedRequest['state']
export type RequestQuote = NonNullable<RequestDocument['quote']>
export type NewRequest = Sent<CommandPaths['/api/commands/requests']['post']>
export type Inbox = Ok<CommandPaths['/api/commands/inbox']['get']>
export type Notice = Inbox['notices'][number]

export type SessionAccount = NonNullable<Ok<CommandPaths['/api/commands/session']['post']>['account']>
export type SignedIn = Ok<CommandPaths['/api/commands/session/sign-in']['post']>
export type Merged = NonNullable<SignedIn['merged']>
export type Address = Ok<CommandPaths['/api/commands/account/addresses']['get']>['addresses'][number]
