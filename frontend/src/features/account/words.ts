// What the pages of accounts say when the shop refuses: what happened, what is safe, what to do.
import { inWords, type Problem } from '../../api/problem'

export function whyRefused(problem: Problem): string {
  switch (problem.slug) {
    case 'wrong-credentials':
      return 'The e-mail address or the password is not correct. Nothing was changed, and your cart is kept. Check both and try again.'
    case 'rate-limited':
      return `Too many attempts. Your account is safe, and nothing was changed. Try again ${inAWhile(problem.retryAfterMs)}.`
    case 'not-signed-in':
    case 'no-session':
      return 'You are no longer signed in. Nothing was changed. Sign in and try again.'
    case 'second-step-expired':
      return 'It took too long, or there were too many attempts. Nothing was changed. Start again with your password.'
    case 'second-factor-required':
      return 'This needs a second factor: an app or a passkey. Nothing was changed. Set one up under Security.'
    default:
      return problem.status >= 500
        ? 'Something went wrong on our side. Nothing was changed. Please try again in a moment.'
        : inWords(problem)
  }
}

function inAWhile(ms: number | null): string {
  if (ms === null) return 'in a few minutes'
  const minutes = Math.ceil(ms / 60_000)
  return minutes <= 1 ? 'in a minute' : `in ${minutes} minutes`
}

export const NOT_ANSWERED = 'The shop did not answer. Please try again: nothing is done twice.'
