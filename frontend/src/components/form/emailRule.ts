// An e-mail address as the shop takes it: what its mailer can send to. The server and this rule are tested with the same
// addresses (emailAddresses.json). Called by the checkout's contact and by an account's address.
import type { Rule } from './useForm'

const ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
const DOTTED = new RegExp(`^${ATOM}(?:\\.${ATOM})*$`)
const LABEL = /^(?!-)[a-z0-9-]{1,63}(?<!-)$/
const LONGEST_NAME = 64
const LONGEST = 254

const EXAMPLE = 'Enter an e-mail address such as ada@example.org.'

export const emailRule: Rule = (value) => {
  const address = withoutInvisible(value)
  if (address === '') return 'Enter your e-mail address.'
  const at = address.lastIndexOf('@')
  const [name, domain] = [address.slice(0, at), asPunycode(address.slice(at + 1))]
  if (at < 1 || domain === null) return EXAMPLE
  // eslint-disable-next-line no-control-regex -- what is beyond ASCII is meant
  if (/[^\x00-\x7f]/.test(name)) {
    return 'Use only letters from a to z, digits and signs before the @: we cannot send e-mail to other addresses.'
  }
  const isName = name.length <= LONGEST_NAME && DOTTED.test(name)
  return isName && name.length + 1 + domain.length <= LONGEST ? null : EXAMPLE
}

/** In whichever letters it is written: the shop has one account for all spellings of an address. */
export function isSameAddress(one: string, other: string): boolean {
  return spelt(one) === spelt(other)
}

function spelt(value: string): string {
  const address = withoutInvisible(value).toLowerCase()
  const at = address.lastIndexOf('@')
  return `${address.slice(0, at)}@${asPunycode(address.slice(at + 1))}`
}

/** The server leaves out what nobody sees, and pasted text has it. */
function withoutInvisible(value: string): string {
  return value.replace(/[\p{Default_Ignorable_Code_Point}\ufff9-\ufffc]/gu, '').trim()
}

/** A domain of the internet, of two labels at least; the browser knows how its letters become ASCII. */
function asPunycode(domain: string): string | null {
  if (/[\s\p{Cc}/\\?#%:@[\]]/u.test(domain)) return null
  const host = URL.canParse(`http://${domain}`) ? new URL(`http://${domain}`).hostname : ''
  const labels = host.split('.')
  const isDomain = labels.length > 1 && labels.every((label) => LABEL.test(label))
  return isDomain && !/^\d+$/.test(labels.at(-1) ?? '') ? host : null
}
