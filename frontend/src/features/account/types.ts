// What the routes of accounts say. Taken from the API's description wherever that has it.
import type { CommandPaths } from '../../api/paths'

type Ok<Operation> = Operation extends { responses: { 200: { content: { 'application/json': infer Body } } } }
  ? Body
  : never
type Created<Operation> = Operation extends {
  responses: { 201: { content: { 'application/json': infer Body } } }
}
  ? Body
  : never
type Sent<Operation> = Operation extends { requestBody: { content: { 'application/json': infer Body } } }
  ? Body
  : never

export type Account = Ok<CommandPaths['/api/commands/account']['get']>
export type AccountSession = Ok<CommandPaths['/api/commands/account/sessions']['get']>['sessions'][number]
export type NewAddress = Sent<CommandPaths['/api/commands/account/addresses']['post']>
export type ApiKey = Ok<CommandPaths['/api/commands/account/api-keys']['get']>['api_keys'][number]
export type NewApiKey = Sent<CommandPaths['/api/commands/account/api-keys']['post']>
export type CreatedApiKey = Created<CommandPaths['/api/commands/account/api-keys']['post']>

export interface Credentials {
  email: string
  password: string
}

/** A link for a forgotten password, with the new one. */
export type Redeemed = Sent<CommandPaths['/api/commands/password-resets/redeem']['post']>
