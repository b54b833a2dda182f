// The address book of the account that is signed in. Called by the pages of the account, by the checkout, and for the country
// that delivery is told for.
import { queryOptions } from '@tanstack/react-query'
import { commands } from './client'
import { ProblemError, problemOf } from './problem'
import { renewSession } from './session'
import type { Address } from './types'

export function addressesQuery() {
  return queryOptions({
    queryKey: ['account', 'addresses'],
    queryFn: async ({ signal }): Promise<Address[]> => {
      const { data, error, response } = await commands.GET('/api/commands/account/addresses', { signal })
      if (data !== undefined) return data.addresses
      const problem = problemOf(response, error)
      // Signed out here by another device: the page learns whose session it has now.
      if (problem.slug === 'not-signed-in' || problem.slug === 'no-session') renewSession().catch(() => {})
      throw new ProblemError(problem)
    },
  })
}
