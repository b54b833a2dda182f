// What the board says when the shop refuses: what happened, what is safe, what to do.
import { inWords, type Problem } from '../../../api/problem'

export function whyRefused(problem: Problem): string {
  switch (problem.slug) {
    case 'request-stage':
      return 'Somebody moved it meanwhile: it is not that far, or further already. Nothing was changed.'
    case 'request-ended':
      return 'It has ended meanwhile. Nothing was changed.'
    case 'request-is-duplicate':
      return 'It goes on with another request by now. Nothing was changed.'
    case 'original-is-duplicate':
      return 'That one goes on with another request itself. Choose that other one.'
    case 'request-kinds-differ':
      return 'Those are requests of different kinds. Nothing was changed.'
    case 'quote-terms':
      return 'A price is more than nothing, and a quote ends in the future. Nothing was offered.'
    default:
      return inWords(problem)
  }
}
