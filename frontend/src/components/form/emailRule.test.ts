import { describe, expect, it } from 'vitest'
import addresses from './emailAddresses.json'
import { emailRule, isSameAddress } from './emailRule'

describe('an e-mail address', () => {
  it.each(addresses.taken)('%j is taken, as the server takes it', (typed) => {
    expect(emailRule(typed)).toBeNull()
  })

  it.each(addresses.refused)('%j is refused, as the server refuses it', (typed) => {
    expect(emailRule(typed)).toEqual(expect.any(String))
  })

  it('is the same in whichever letters it is written', () => {
    expect(isSameAddress(' Ada@B\u00fccher.example', 'ada@xn--bcher-kva.example')).toBe(true)
    expect(isSameAddress('ada@example.org', 'ada@example.com')).toBe(false)
    expect(isSameAddress('ada@example.org', 'grace@example.org')).toBe(false)
  })

  it('is asked for where there is none', () => {
    expect(emailRule('\u200b ')).toBe('Enter your e-mail address.')
    expect(emailRule('jörg@example.org')).toContain('before the @')
  })
})
