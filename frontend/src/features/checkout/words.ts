// Why an order was not placed: what happened, what is safe, what to do. Called by Checkout.tsx.
import { inWords, type Problem } from '../../api/problem'
import type { NotPlaced } from './usePlacing'

export function whyNotPlaced(why: NotPlaced): string {
  if (why.kind === 'unanswered') {
    return 'The shop did not answer. Nothing you typed is lost. Press Pay again when you are ready: it is the same order, and it is never paid twice.'
  }
  const { problem } = why
  if (isAboutTheCart(problem)) {
    return 'Something changed in the moment you pressed Pay, and nothing was charged. Please look at the total and press Pay again.'
  }
  return `Nothing was charged. ${inWords(problem)}`
}

/** What the cart comes to, or what can be had of it, is not what was agreed to. */
export function isAboutTheCart({ slug }: Problem): boolean {
  return (
    slug === 'total-changed' ||
    slug === 'out-of-stock' ||
    slug === 'unknown-code' ||
    slug === 'other-currency' ||
    slug.startsWith('code-')
  )
}
