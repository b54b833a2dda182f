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

type Accepted<Operation> = Operation extends {
  responses: { 202: { content: { 'application/json': infer Body } } }
}
  ? Body
  : never

/** What is asked for after the password. */
export type SecondStep = Accepted<CommandPaths['/api/commands/session/sign-in']['post']>
export type ShownFactor = Sent<CommandPaths['/api/commands/session/sign-in/second-step']['post']>
export type SecondFactors = Ok<CommandPaths['/api/commands/account/second-factors']['get']>
export type SecondFactor = SecondFactors['factors'][number]
export type TotpSetup = Ok<CommandPaths['/api/commands/account/second-factors/totp']['post']>
export type PasskeySetup = Ok<CommandPaths['/api/commands/account/second-factors/passkeys']['post']>
export type AddedFactor = Created<
  CommandPaths['/api/commands/account/second-factors/totp/confirmation']['post']
>

export interface Credentials {
  email: string
  password: string
}

/** A link that confirms an address; outside the account's own session with a new password. */
export type Confirmation = Sent<CommandPaths['/api/commands/email-confirmations']['post']>

/** A link for a forgotten password, with the new one. */
export type Redeemed = Sent<CommandPaths['/api/commands/password-resets/redeem']['post']>
