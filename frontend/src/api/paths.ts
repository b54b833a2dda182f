// What the two APIs offer, under one name each. Called by client.ts and types.ts.
export type { paths as CommandPaths } from './generated/commands'
export type { paths as QueryPaths } from './generated/queries'
