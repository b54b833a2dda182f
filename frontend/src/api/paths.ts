// What the two APIs offer. Called by client.ts and types.ts.
import type { AgreedCommands, AgreedQueries } from './agreed'
import type { paths as GeneratedCommands } from './generated/commands'
import type { paths as GeneratedQueries } from './generated/queries'

export type CommandPaths = GeneratedCommands & AgreedCommands
export type QueryPaths = GeneratedQueries & AgreedQueries
