// Passkeys, as browsers make and show them. What they are asked for, and what they answer, is JSON of the server's.
import { ProblemError } from '../../../api/problem'

/** JSON that only the server reads. */
type Answer = Record<string, never>

export function takesPasskeys(): boolean {
  const known: unknown = Reflect.get(window, 'PublicKeyCredential')
  return typeof known === 'function' && 'parseCreationOptionsFromJSON' in known
}

export async function makePasskey(options: object): Promise<Answer> {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(
    options as PublicKeyCredentialCreationOptionsJSON,
  )
  return answered(() => navigator.credentials.create({ publicKey }), {
    stopped: 'No passkey was created: it was cancelled, or took too long. Nothing was changed. Try again.',
    none: 'Your browser could not create a passkey for this shop. Nothing was changed.',
  })
}

export async function showPasskey(options: object): Promise<Answer> {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(
    options as PublicKeyCredentialRequestOptionsJSON,
  )
  return answered(() => navigator.credentials.get({ publicKey }), {
    stopped: 'No passkey was used: it was cancelled, or took too long. Nothing was changed. Try again.',
    none: 'Your browser has no passkey for this shop. Nothing was changed.',
  })
}

/** What the browser refuses is said as what the shop refuses is. */
async function answered(
  ask: () => Promise<Credential | null>,
  words: { stopped: string; none: string },
): Promise<Answer> {
  const credential = await ask().catch((error: unknown) => {
    const isKnown = error instanceof DOMException && error.name === 'InvalidStateError'
    throw refused(isKnown ? 'This device already has a passkey for your account.' : words.stopped)
  })
  if (credential === null) throw refused(words.none)
  return (credential as PublicKeyCredential).toJSON() as unknown as Answer
}

function refused(detail: string): ProblemError {
  return new ProblemError({ status: 0, slug: 'passkey', detail, retryAfterMs: null, violations: [] })
}
