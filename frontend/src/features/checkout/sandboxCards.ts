// The card numbers that the sandbox takes, and the tokens by which they are known outside this page (docs/sandbox-gateway.md).
// A number is turned into its token here and goes no further.

export interface SandboxCard {
  number: string
  token: string
}

export const sandboxCards: SandboxCard[] = [
  { number: '4242424242424242', token: 'pm_card_visa' },
  { number: '5555555555554444', token: 'pm_card_mastercard' },
  { number: '4000000000000002', token: 'pm_card_visa_chargeDeclined' },
  { number: '4000000000009995', token: 'pm_card_visa_chargeDeclinedInsufficientFunds' },
  { number: '4000000000009987', token: 'pm_card_visa_chargeDeclinedLostCard' },
  { number: '4000000000009979', token: 'pm_card_visa_chargeDeclinedStolenCard' },
  { number: '4000000000000069', token: 'pm_card_chargeDeclinedExpiredCard' },
  { number: '4000000000000127', token: 'pm_card_chargeDeclinedIncorrectCvc' },
  { number: '4000000000000119', token: 'pm_card_chargeDeclinedProcessingError' },
  { number: '4000000000000341', token: 'pm_card_chargeCustomerFail' },
  { number: '4000002760003184', token: 'pm_card_authenticationRequired' },
  { number: '4000000000003220', token: 'pm_card_threeDSecure2Required' },
  { number: '4000008400001629', token: 'pm_card_threeDSecureRequiredChargeDeclined' },
  {
    number: '4000008260003178',
    token: 'pm_card_authenticationRequiredChargeDeclinedInsufficientFunds',
  },
  { number: '4000008400001280', token: 'pm_card_threeDSecureRequiredProcessingError' },
  { number: '4000000000007726', token: 'pm_card_pendingRefund' },
  { number: '4000000000005126', token: 'pm_card_refundFail' },
]

export function tokenFor(digits: string): string | null {
  return sandboxCards.find(({ number }) => number === digits)?.token ?? null
}
