// What has to be in the fields of an account, said before it is sent. The shop has the last word.
import { isSameAddress } from '../../components/form/emailRule'
import type { Rule } from '../../components/form/useForm'

export { emailRule, isSameAddress } from '../../components/form/emailRule'

const SHORTEST = 12
const LONGEST = 128
const DIFFERENT = 5
/** A shorter name may be part of any password. */
const NAME_TO_AVOID = 4

export const PASSWORD_RULE = `At least ${SHORTEST} characters. Don’t use your e-mail name. Tip: several random words.`

/** Of an account that is there: it may be from before addresses were read as strictly as now. */
export const presentEmail: Rule = (value) => {
  if (value === '') return 'Enter your e-mail address.'
  return /^[^@]+@./.test(value) ? null : 'Enter an e-mail address such as ada@example.org.'
}

export const presentPassword: Rule = (value) => (value === '' ? 'Enter your password.' : null)

/** For somebody with this address. */
export function newPasswordRule(email: string): Rule {
  const name = email.trim().split('@')[0]?.toLocaleLowerCase() ?? ''
  return (typed) => {
    // As the server counts and keeps it: the same on a keyboard that composes letters and on one that does not.
    const value = typed.normalize('NFC')
    const length = [...value].length
    if (length === 0) return 'Choose a password.'
    if (length < SHORTEST) return `Use at least ${SHORTEST} characters. This password has ${length}.`
    if (length > LONGEST) return `Use at most ${LONGEST} characters. This password has ${length}.`
    if (email !== '' && isSameAddress(value, email)) {
      return 'Don’t use your e-mail address as your password: it is easy to guess.'
    }
    if (name.length >= NAME_TO_AVOID && value.toLocaleLowerCase().includes(name)) {
      return 'Don’t use the name in your e-mail address in your password: it is easy to guess.'
    }
    return new Set(value).size < DIFFERENT ? `Use at least ${DIFFERENT} different characters.` : null
  }
}
