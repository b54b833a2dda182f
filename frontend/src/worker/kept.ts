// What the service worker keeps of the shop's answers: lists and products of the catalogue, which are the same for everybody.
// Called by service-worker.ts.

/** All that a list of the catalogue is asked for by. Any other question is nobody's business but the shopper's. */
const LIST_PARAMETERS = new Set([
  'currency',
  'category',
  'min-price',
  'max-price',
  'in-stock',
  'sort',
  'limit',
  'cursor',
])
const LIST = '/api/queries/products'
/** Beside products there are other questions below the same path; the name of a product has capitals. */
const PRODUCT = /^\/api\/queries\/products\/[A-Z0-9-]+$/

/** Not what somebody searched for (`q`), and not the products of a cart or an order (`sku`): those say something about a person. */
export function isKept({ pathname, searchParams }: URL): boolean {
  if (PRODUCT.test(pathname)) return searchParams.size === 0
  return pathname === LIST && [...searchParams.keys()].every((name) => LIST_PARAMETERS.has(name))
}

/** The shop says so itself. */
export function isForEverybody({ status, headers }: Response): boolean {
  return status === 200 && /\bpublic\b/.test(headers.get('cache-control') ?? '')
}
