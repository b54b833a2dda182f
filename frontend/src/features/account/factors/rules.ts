// The fields of second factors, and what is said of them.
import type { Rule } from '../../../components/form/useForm'

export const codeRule: Rule = (value) =>
  /^\d{6}$/.test(value.replaceAll(/\s/g, '')) ? null : 'Enter the six digits that your app shows.'

export const recoveryCodeRule: Rule = (value) =>
  value.replaceAll(/[^a-z0-9]/gi, '').length === 16
    ? null
    : 'Enter one of your recovery codes: four groups of four letters and digits.'

export const nameRule: Rule = (value) => (value === '' ? 'Enter a name.' : null)

export const WRONG_CODE =
  'This code is not correct, or was already used. Your app shows a new one every 30 seconds; check that the clock of your phone is right.'

export const WRONG_RECOVERY_CODE = 'This recovery code is not correct, or was already used.'
