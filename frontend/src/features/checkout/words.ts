// Why an order was not placed: what happened, what is safe, what to do. Called by Checkout.tsx.
import { inWords, type Problem } from '../../api/problem'
import type { Quote } from '../../api/types'
import { formatMoney } from '../../components/money'
import type { Difference } from './differences'
import type { NotPlaced } from './usePlacing'

export const WHILE_OFFLINE =
  'You are offline. Nothing was sent, and nothing was charged. Press Pay again when you are back online.'

export function whyNotPlaced(why: NotPlaced): string {
  if (why.kind === 'offline') return WHILE_OFFLINE
  if (why.kind === 'unanswered') {
    return 'The shop did not answer. Nothing you typed is lost. Press Pay again when you are ready: it is the same order, and it is never paid twice.'
  }
  const { problem } = why
  if (isAboutTheCart(problem)) {
    return 'Something changed in the moment you pressed Pay, and nothing was charged. Please look at the total and press Pay again.'
  }
  const tooMuch = unpaid(problem)
  return `Nothing was charged. ${tooMuch ?? inWords(problem)}`
}

/** Too much is ordered and not paid yet: what to do about it, in the shopper's own pages. */
function unpaid({ slug }: Problem): string | null {
  switch (slug) {
    case 'unpaid-orders':
      return 'You have as many unpaid orders as you may have. Pay or cancel one of them under Your orders, then press Pay again.'
    case 'unpaid-units':
      return 'That is more than we can keep for you until it is paid. Put fewer into the cart, or pay or cancel an order that waits for it. For large amounts, ask us for a quote.'
    case 'unpaid-network':
      return 'Many orders from your network wait to be paid. Pay or cancel one of yours if you have any, or press Pay again in a few minutes.'
    default:
      return null
  }
}

/** What the cart comes to, or what can be had of it, is not what was agreed to. */
export function isAboutTheCart({ slug }: Problem): boolean {
  return (
    slug === 'total-changed' ||
    slug === 'cart-changed' ||
    slug === 'out-of-stock' ||
    slug === 'unknown-code' ||
    slug === 'other-currency' ||
    slug.startsWith('code-')
  )
}

/** Why nobody can pay what it comes to; null where they can. */
export function whyUnpayable({ unpayable, totals: { total } }: Quote): string | null {
  if (unpayable === null) return null
  switch (unpayable.what) {
    case 'too-little':
      return `It comes to ${formatMoney(total)}, and the least that a card can be charged is ${formatMoney(unpayable.least)}. Add something to your order, and it can be paid.`
    case 'too-much':
      return `It comes to ${formatMoney(total)}, and the most that a card can be charged at once is ${formatMoney(unpayable.most)}. Order it in parts, please.`
    case 'no-step':
      return `It comes to ${formatMoney(total)}, and cards are charged multiples of ${formatMoney(unpayable.step)} alone. Please ask us.`
  }
}

/** The shop knows the customer by the address of the contact, too, which the quote does not. */
export function usedByCustomer(problem: Problem | null, { code }: Quote): Difference[] {
  return problem?.slug === 'code-used-by-customer' && code?.refused === null
    ? [{ kind: 'code', code: code.code, detail: problem.detail }]
    : []
}
