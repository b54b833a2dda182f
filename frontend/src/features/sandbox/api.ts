// What the sandbox's bank is told. Called by BankPage.tsx.
import { commands } from '../../api/client'
import { untilAnswered } from '../../api/untilAnswered'

export async function authenticate(reference: string, passed: boolean): Promise<void> {
  await untilAnswered(crypto.randomUUID(), (sending) =>
    commands.POST('/api/commands/sandbox/charges/{reference}/authentication', {
      params: { path: { reference } },
      body: { passed },
      ...sending,
    }),
  )
}
