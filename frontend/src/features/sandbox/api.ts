// What the sandbox's bank is told. Called by BankPage.tsx. The bank is not the shop: its route is in no description of
// the shop's, and does not exist where Stripe takes the payments.
import { untilAnswered } from '../../api/untilAnswered'

export async function authenticate(reference: string, passed: boolean): Promise<void> {
  await untilAnswered(crypto.randomUUID(), async ({ headers, signal }) => {
    const response = await fetch(
      `/api/commands/sandbox/charges/${encodeURIComponent(reference)}/authentication`,
      {
        method: 'POST',
        headers: { ...headers, 'Content-Type': 'application/json' },
        body: JSON.stringify({ passed }),
        signal,
      },
    )
    const error: unknown = response.ok ? undefined : await response.json().catch(() => undefined)
    return { response, error }
  })
}
