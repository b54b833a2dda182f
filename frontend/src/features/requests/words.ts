// What the pages of requests say when the shop refuses: what happened, what is safe, what to do.
import { inWords, type Problem } from '../../api/problem'

export function whyRefused(problem: Problem): string {
  switch (problem.slug) {
    case 'not-signed-in':
    case 'no-session':
      return 'You are no longer signed in. Nothing was changed. Sign in and try again.'
    case 'too-many-texts':
      return 'This was not sent: you have reached today’s limit of requests and comments (20 a day, 3 on your first day). Nothing was changed. Try again tomorrow; you can still support requests.'
    case 'request-ended':
      return 'This request has ended in the meantime. Nothing was changed.'
    case 'request-is-duplicate':
      return 'This request was merged into another one. Reload the page to go there.'
    case 'request-supported':
      return 'Others support this request, so it cannot be withdrawn. You can withdraw your own support.'
    case 'request-in-stock':
      return 'This product is already in stock: you can buy it now.'
    case 'request-not-found':
      return 'This request no longer exists. Nothing was changed.'
    case 'quote-expired':
      return 'The quote has expired. Nothing was ordered. Request a new one.'
    case 'quote-not-found':
      return 'There is a newer quote, or this one was already answered. Nothing was changed. Please reload the page.'
    default:
      return problem.status >= 500
        ? 'Something went wrong on our side. Nothing was changed. Please try again in a moment.'
        : inWords(problem)
  }
}
