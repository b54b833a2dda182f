// The two typed clients. Called by each feature's api.ts and by nothing else.
import createClient from 'openapi-fetch'
import { fetchInTime } from './limits'
import type { CommandPaths, QueryPaths } from './paths'

// Looked up at each call, so that tests can put their own in place.
const fetchNow = fetchInTime((...request) => globalThis.fetch(...request))

export const commands = createClient<CommandPaths>({ baseUrl: window.location.origin, fetch: fetchNow })
export const queries = createClient<QueryPaths>({
  baseUrl: window.location.origin,
  fetch: fetchNow,
  querySerializer: { array: { style: 'form', explode: true } },
})
