// What the pages of requests say when the shop refuses: what happened, what is safe, what to do.
import { inWords, type Problem } from '../../api/problem'

export function whyRefused(problem: Problem): string {
  switch (problem.slug) {
    case 'not-signed-in':
    case 'no-session':
      return 'You are not signed in any more. Nothing was changed. Sign in and try again.'
    case 'too-many-texts':
      return 'You wrote a lot today, and this was not sent. An account writes 20 requests and comments a day, and 3 on its first day. Support counts without writing; the rest can be sent tomorrow.'
    case 'request-ended':
      return 'This request has ended meanwhile. Nothing was changed.'
    case 'request-is-duplicate':
      return 'This request goes on with another one now. Load the page again to get there.'
    case 'request-supported':
      return 'Others support it meanwhile, so it cannot be taken back. You can withdraw your own support.'
    case 'request-in-stock':
      return 'It is in stock already: you can buy it now.'
    case 'request-not-found':
      return 'This request is not there any more. Nothing was changed.'
    case 'quote-expired':
      return 'The quote has expired. Nothing was ordered. Ask for a new one.'
    case 'quote-not-found':
      return 'There is another quote by now, or it was answered already. Nothing was changed. Please look again.'
    default:
      return problem.status >= 500
        ? 'The shop did not answer as it should. Nothing was changed. Please try again in a moment.'
        : inWords(problem)
  }
}
