// The fields of second factors, and what is said of them.
import type { Rule } from '../../../components/form/useForm'

export const codeRule: Rule = (value) =>
  /^\d{6}$/.test(value.replaceAll(/\s/g, '')) ? null : 'Enter the six digits that your app shows.'

export const recoveryCodeRule: Rule = (value) =>
  value.replaceAll(/[^a-z0-9]/gi, '').length === 16
    ? null
    : 'Enter one of your recovery codes: four times four letters and digits.'

export const nameRule: Rule = (value) => (value === '' ? 'Give it a name, so that you know it again.' : null)

export const WRONG_CODE =
  'This code is not right, or was used already. Your app shows a new one every half minute; look that your phone’s clock is right.'

export const WRONG_RECOVERY_CODE = 'This is none of your recovery codes, or it was used already.'
