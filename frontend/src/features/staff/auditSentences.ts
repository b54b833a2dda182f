// Says each entry of the audit as a sentence: "sent 1 × Brass desk bell of order EF89-AB1A with DHL 0034…". Called by AuditEntries.tsx.
import type { AuditEntry } from '../../api/types'
import { formatNumber } from '../../components/locale'
import { orderNumber } from '../../components/orderWords'
import { deedInWords, valueInWords } from './auditWords'

/** A thing that a sentence names; shown as a link to its page. */
export interface Named {
  kind: 'order' | 'product' | 'request' | 'code'
  id: string
}

/** Words, and what is linked between them. */
export type Part = string | Named

interface Deed {
  id: string
  payload: Record<string, unknown>
  changes: NonNullable<AuditEntry['changes']>
}

type Sentence = (deed: Deed) => Part[]

const order = (id: unknown): Named => ({ kind: 'order', id: String(id) })
const product = (id: unknown): Named => ({ kind: 'product', id: String(id) })
const request = (id: unknown): Named => ({ kind: 'request', id: String(id) })
const code = (id: unknown): Named => ({ kind: 'code', id: String(id) })

const ofOrder =
  (before: string, after = ''): Sentence =>
  ({ id }) => [`${before} order `, order(id), after]
const ofProduct =
  (before: string, after = ''): Sentence =>
  ({ id }) => [`${before} `, product(id), after]
const ofCode =
  (before: string, after = ''): Sentence =>
  ({ id }) => [`${before} the code `, code(id), after]
const ofRequest =
  (before: string, after = ''): Sentence =>
  ({ id }) => [`${before} the request `, request(id), after]
const units =
  (before: string, after: string): Sentence =>
  ({ id, payload }) => [
    `${before} ${count(payload.quantity)} × `,
    product(id),
    ` ${after} order `,
    order(payload.order),
  ]

const sentences: Record<string, Sentence> = {
  'order.OrderPlaced': ofOrder('placed'),
  'order.OrderConfirmed': ofOrder('confirmed'),
  'order.OrderCancelled': ofOrder('cancelled'),
  'order.OrderTakenOver': ofOrder('moved', ' to an account'),
  'order.OrderShipped': ({ id, payload }) => [
    'sent ',
    ...lines(payload.lines),
    ' of order ',
    order(id),
    ` with ${[payload.carrier, payload.tracking].filter((text) => typeof text === 'string').join(' ')}`,
  ],
  'order.OrderDelivered': ({ id, payload, changes }) => {
    const inside = linesOfParcel(payload.shipment, changes)
    return [
      'marked ',
      ...(inside.length === 0 ? ['a parcel'] : inside),
      ' of order ',
      order(id),
      ' as delivered',
    ]
  },
  'order.ReturnRequested': ofOrder('asked to return'),
  'order.ReturnAccepted': ofOrder('accepted the return of'),
  'order.ReturnDeclined': ofOrder('declined the return of'),

  'payment.RefundRequested': ({ id, payload }) => [
    `refunded ${valueInWords(payload.amount)} of order `,
    order(id),
  ],
  'payment.CaptureRequested': ofOrder('charged the card for'),
  'payment.VoidRequested': ofOrder('released the payment of'),

  'product.ProductListed': ({ id, payload }) => [
    'listed ',
    product(id),
    ` for ${valueInWords(payload.price)}`,
  ],
  'product.PriceChanged': ({ id, payload }) => [
    'changed the price of ',
    product(id),
    ` from ${valueInWords(payload.previous)} to ${valueInWords(payload.price)}`,
  ],
  'product.DetailsChanged': ofProduct('changed the details of'),
  'product.ProductDelisted': ofProduct('delisted'),
  'product.ProductRelisted': ofProduct('listed', ' again'),

  'stock-item.StockReceived': ({ id, payload }) => [`received ${count(payload.quantity)} × `, product(id)],
  'stock-item.StockAdjusted': ({ id, payload }) => [
    'adjusted the stock of ',
    product(id),
    ` by ${signed(payload.delta)} (${String(payload.reason)})`,
  ],
  'stock-item.StockReserved': units('reserved', 'for'),
  'stock-item.ReservationReleased': units('released', 'that was reserved for'),
  'stock-item.ReservationCommitted': units('took', 'out of stock for'),

  'discount-code.CodeCreated': ({ id, payload }) => [
    'created the code ',
    code(id),
    `, which takes ${discount(payload.discount)} off`,
  ],
  'discount-code.CodeDisabled': ofCode('disabled'),
  'discount-code.CodeRedeemed': ofCode('used'),
  'discount-code.RedemptionReleased': ofCode('gave back one use of'),

  'product-request.RequestTriaged': ofRequest('triaged'),
  'product-request.RequestPlanned': ofRequest('planned'),
  'product-request.RequestFulfilled': ofRequest('fulfilled'),
  'product-request.RequestDeclined': ofRequest('declined'),
  'product-request.RequestCommented': ofRequest('answered'),
  'product-request.RequestHidden': ofRequest('hid'),
  'product-request.RequestRestored': ofRequest('showed', ' again'),
  'product-request.ProductLinked': ({ id, payload }) => [
    'linked ',
    product(payload.sku),
    ' to the request ',
    request(id),
  ],
  'product-request.QuoteOffered': ({ id, payload }) => [
    `offered ${count(payload.quantity)} for ${valueInWords(payload.unit_price)} each to the request `,
    request(id),
  ],
  'product-request.RequestMarkedDuplicate': ({ id, payload }) => [
    'marked the request ',
    request(id),
    ' as a duplicate of ',
    request(payload.of),
  ],
  'product-request.DuplicateMerged': ({ id, payload }) => [
    'merged the request ',
    request(payload.duplicate),
    ' into ',
    request(id),
  ],
}

/** What was done, after the name of the person. */
export function sentenceOf({ event, id, payload, changes }: AuditEntry): Part[] {
  const say = sentences[event]
  const parts =
    say === undefined
      ? [`caused “${deedInWords(event)}” of `, subjectOf(event, id)]
      : say({ id, payload: payload as unknown as Record<string, unknown>, changes: changes ?? [] })
  return parts.filter((part) => part !== '')
}

/** Whether an event has a sentence of its own. */
export function hasSentence(event: string): boolean {
  return event in sentences
}

/** What an entry is about, where its sentence does not say more. */
function subjectOf(event: string, id: string): Part {
  const [kind = ''] = event.split('.')
  if (kind === 'order' || kind === 'payment') return order(id)
  if (kind === 'product' || kind === 'stock-item') return product(id)
  if (kind === 'discount-code') return code(id)
  return kind === 'product-request' ? request(id) : id
}

/** How a named thing is called where nothing better is known. */
export function numberOf({ kind, id }: Named): string {
  return kind === 'order' || kind === 'request' ? orderNumber(id) : id
}

/** Everything of one kind that entries name, each once. */
export function namedIn(entries: AuditEntry[], kind: Named['kind']): string[] {
  const parts = entries.flatMap(sentenceOf)
  const named = parts.filter((part): part is Named => typeof part !== 'string' && part.kind === kind)
  return [...new Set(named.map(({ id }) => id))]
}

interface Line {
  sku: string
  quantity: number
}

function lines(value: unknown): Part[] {
  if (!Array.isArray(value)) return []
  return (value as Line[]).flatMap(({ sku, quantity }, place): Part[] => [
    `${place === 0 ? '' : ', '}${count(quantity)} × `,
    product(sku),
  ])
}

/** The parcel that arrived says nothing of what is in it: the order's state after it does. */
function linesOfParcel(parcel: unknown, changes: Deed['changes']): Part[] {
  const after: unknown = changes.find(({ field }) => field.endsWith('shipments'))?.after
  if (!Array.isArray(after)) return []
  const shipments = after as { id: unknown; lines: unknown }[]
  return lines(shipments.find(({ id }) => id === parcel)?.lines)
}

function count(value: unknown): string {
  return typeof value === 'number' ? formatNumber(value) : '?'
}

function signed(value: unknown): string {
  return typeof value === 'number' && value > 0 ? `+${count(value)}` : count(value).replace('-', '−')
}

function discount(value: unknown): string {
  if (typeof value !== 'object' || value === null) return 'something'
  if ('percent' in value) return `${String(value.percent)} %`
  return 'amount' in value ? valueInWords(value.amount) : 'something'
}
