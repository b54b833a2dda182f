// The card numbers that the sandbox takes, and the tokens by which they are known outside this page (docs/sandbox-gateway.md).
// A number is turned into its token here and goes no further.

export interface SandboxCard {
  number: string
  token: string
  /** What it shows, for whoever tries it. */
  does: string
}

export const sandboxCards: SandboxCard[] = [
  { number: '4242424242424242', token: 'pm_card_visa', does: 'pays' },
  { number: '4000000000000002', token: 'pm_card_chargeDeclined', does: 'is declined' },
  {
    number: '4000000000009995',
    token: 'pm_card_chargeDeclinedInsufficientFunds',
    does: 'has not enough on it',
  },
  { number: '4000000000000069', token: 'pm_card_chargeDeclinedExpiredCard', does: 'has expired' },
  {
    number: '4000000000000127',
    token: 'pm_card_chargeDeclinedIncorrectCvc',
    does: 'has another security code',
  },
  { number: '4000000000000119', token: 'pm_card_chargeDeclinedProcessingError', does: 'fails at the bank' },
  { number: '4000002760003184', token: 'pm_card_threeDSecure2Required', does: 'asks the bank first' },
  { number: '4000000000003220', token: 'pm_card_threeDSecure2Required', does: 'asks the bank first' },
  {
    number: '4000008400001629',
    token: 'pm_card_threeDSecureRequiredChargeDeclined',
    does: 'asks the bank, then is declined',
  },
  {
    number: '4000008260003178',
    token: 'pm_card_threeDSecureRequiredInsufficientFunds',
    does: 'asks the bank, then has not enough on it',
  },
]

export function tokenFor(digits: string): string | null {
  return sandboxCards.find(({ number }) => number === digits)?.token ?? null
}
